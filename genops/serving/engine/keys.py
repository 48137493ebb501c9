"""The key that requests to a server must show."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from genops.durable import write_durably
from genops.errors import Unfinished
from genops.settings import ModelAlias


def key_of(alias: ModelAlias, file: Path) -> tuple[str, str]:
    """The key of an alias and the file that holds it: that of its ``api_key_env`` where set, else one made once.

    Args:
        alias: The alias.
        file: Holds a made key, readable by its owner alone.

    Returns:
        Key and file; "" as the file when the environment holds the key.

    Raises:
        Unfinished: The file cannot be written or read.
    """
    given = os.environ.get(alias.api_key_env, "").strip() if alias.api_key_env else ""
    if given:
        return given, ""
    try:
        if not file.exists() or not file.read_bytes().strip():  # with an empty key vLLM asks for none
            _make(file)
        file.chmod(0o600)
        return file.read_text(encoding="ascii").strip(), str(file)
    except OSError as error:
        raise Unfinished(f"the key file {file}: {error.strerror or error}") from None


def _make(file: Path) -> None:
    """Whole or not at all, and never readable by others."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    write_durably(part, secrets.token_urlsafe(32).encode("ascii"))
    part.replace(file)
