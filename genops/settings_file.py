"""Where settings are written: the project's file, and the variables of the environment that win over it."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, Location

PREFIX = "GENOPS_"
OWN = "genops.toml"
FILES = (OWN, "pyproject.toml")
FOLLOWING = ("root", "source")
"""Settings that follow from where the file is."""


def find_root(start: Path | None = None) -> tuple[Path, Path | None]:
    """The nearest folder upwards with ``genops.toml`` or ``[tool.genops]``, and that file; else ``start`` and None.

    Raises:
        DefinitionError: A ``pyproject.toml`` on the way is not TOML.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        for file in (folder / name for name in FILES):
            if file.is_file() and read_table(file) is not None:
                return folder, file
    return here, None


def read_table(file: Path) -> dict[str, Any] | None:
    """What a file sets; None for a ``pyproject.toml`` without ``[tool.genops]``.

    Raises:
        DefinitionError: It is not TOML, or sets what follows from where it is.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise DefinitionError(f"not readable as TOML: {error}", at=Location(file)) from None
    values = parse_table(text, file.name, file)
    for name in FOLLOWING:
        if values is not None and name in values:
            raise DefinitionError(
                f"setting {name!r}: it follows from where the file is", at=origin([name], file), hint="remove it"
            )
    return values


def parse_table(text: str, name: str, path: Path | str) -> dict[str, Any] | None:
    """As :func:`read_table`, of a file's text.

    Args:
        text: Of the file.
        name: One of :data:`FILES`.
        path: For messages.

    Raises:
        DefinitionError: It is not TOML.
    """
    try:
        values: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        at = Location(path, int(line[1])) if line else Location(path)
        raise DefinitionError(f"not readable as TOML: {error}", at=at, hint="see docs/settings.md") from None
    if name == OWN:
        return dict(values)
    tool = values.get("tool")
    table = tool.get("genops") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise DefinitionError("tool.genops is not a table", at=Location(path), hint="write [tool.genops]")
    return table


def origin(keys: list[str], source: Path | None) -> Location | None:
    """Where a setting was given: the environment variable that wins, else the line of the file that names it best."""
    for depth in range(len(keys), 0, -1):
        variable = PREFIX + "__".join(keys[:depth]).upper()
        for name in os.environ:
            if name.upper() == variable:
                return Location(f"environment variable {name}")
    return Location(source, _line_of(keys, source)) if source else None


def _line_of(keys: list[str], source: Path) -> int | None:
    """The line whose table and key share the longest beginning with ``keys``; TOML readers keep no positions."""
    path = [] if source.name == OWN else ["tool", "genops"]
    wanted, table = [*path, *keys], list[str]()
    best, found = len(path), None
    for number, line in enumerate(source.read_text(encoding="utf-8").splitlines(), start=1):
        if header := re.match(r"\s*\[+([^]]+)]", line):
            table = here = _dotted(header[1])
        elif key := re.match(r"\s*([\w.\"' -]+?)\s*=", line):
            here = [*table, *_dotted(key[1])]
        else:
            continue
        if len(here) > best and here == wanted[: len(here)]:
            best, found = len(here), number
    return found


def _dotted(key: str) -> list[str]:
    return [part.strip().strip("\"'") for part in key.split(".")]
