"""What identifies the files that a server answers with."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from genops.artifacts.files import adapter_component, file_digest
from genops.errors import DefinitionError, Location
from genops.serving.files.place import TOKENIZER_FILES, ModelFiles, model_files
from genops.serving.files.template import chat_template
from genops.settings import Settings
from genops.vllm_settings import VllmSettings

_READERS = 4


def digest_cache(settings: Settings) -> Path:
    """Where the digests of large files are kept, so that each is read once."""
    return settings.data_dir / "digests"


def digests_of(settings: Settings, alias_name: str, stopped: Callable[[], bool] = lambda: False) -> dict[str, str]:
    """The SHA-256 of what a served model is made of, in 64 hexadecimal digits each.

    ``weights``, ``tokenizer``, ``config``, ``chat_template`` and ``generation_config``; what a model lacks is left
    out, and a GGUF file holds tokenizer and configuration within its ``weights``. Several files give the SHA-256 of
    their listing, as ``sha256sum`` writes it. A file is read once and again only when it has changed.

    Args:
        settings: Of the project.
        alias_name: Name of the alias.
        stopped: Whether to give up; asked all the time, since weights take minutes.

    Raises:
        ReferenceNotFound: There is no such alias.
        DefinitionError: The settings name no model's files, or files that are not there or not readable.
        Unfinished: The model is not on this machine, or it was given up.
    """
    files = model_files(settings, alias_name)
    block = settings.alias(alias_name).vllm or VllmSettings()
    parts: dict[str, list[Path]] = {"weights": [path for path in files.weights if path.is_file()]}
    if files.gguf is None:
        parts["tokenizer"] = [path for name in TOKENIZER_FILES if (path := files.file(name))]
        parts["config"] = [path for path in [files.file("config.json")] if path]
        parts["generation_config"] = [path for path in [generation_config(settings, block, files)] if path]
    cache = digest_cache(settings)
    found = {name: _digest(file_digests(paths, cache, stopped)) for name, paths in parts.items() if paths}
    template = chat_template(settings, block, files)
    if template is not None:
        found["chat_template"] = hashlib.sha256(template.text.encode("utf-8", "surrogatepass")).hexdigest()
    return found


def adapter_digest(folder: Path, cache: Path | None = None) -> str:
    """The digest of a LoRA adapter as a component: of its configuration and weights, not of its name or place.

    Args:
        folder: With ``adapter_config.json`` and the weights.
        cache: As :func:`digest_cache` gives it; without one every file is read.

    Raises:
        DefinitionError: The folder holds no adapter, or a file of it cannot be read.
    """
    return adapter_component(folder.name, folder, cache).digest


def generation_config(settings: Settings, block: VllmSettings, files: ModelFiles) -> Path | None:
    """The file of sampling defaults: the configured folder's, else the model's own; None when there is none.

    Whether a server applies the model's own is up to the setting ``generation_config``.
    """
    own = block.generation_config in ("auto", "vllm")
    path = (files.folder if own else settings.root / block.generation_config) / "generation_config.json"
    return path if path.is_file() else None


def file_digests(paths: list[Path], cache: Path, stopped: Callable[[], bool] = lambda: False) -> dict[str, str]:
    """The SHA-256 of files by name, several read at once: hashing lets other threads run.

    Args:
        paths: The files.
        cache: As :func:`digest_cache` gives it.
        stopped: Whether to give up; Ctrl-C in the thread that calls does so too.

    Raises:
        DefinitionError: One cannot be read.
        Unfinished: It was given up.
    """
    left = threading.Event()

    def digest(path: Path) -> str:
        return file_digest(path, cache, lambda: left.is_set() or stopped())

    try:
        with ThreadPoolExecutor(_READERS) as readers:
            try:
                digests = list(readers.map(digest, paths))
            except BaseException:
                left.set()  # what has begun would be read to its end
                raise
    except OSError as error:
        raise DefinitionError(f"cannot be read: {error.strerror}", at=Location(str(error.filename))) from None
    return {path.name: digest for path, digest in zip(paths, digests, strict=True)}


def _digest(digests: Mapping[str, str]) -> str:
    """The digest of a single file, or of the listing of several."""
    if len(digests) == 1:
        return next(iter(digests.values()))
    listing = "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(listing.encode()).hexdigest()
