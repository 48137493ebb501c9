"""Where the files of a model are: a folder of this machine, the hub's cache, or one GGUF file."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from genops.errors import DefinitionError, GenopsError, Unfinished
from genops.serving.files.read_json import read_json
from genops.settings import ModelAlias, Settings
from genops.settings_file import origin

COMMIT = re.compile(r"[0-9a-f]{40}")
INDEX = "model.safetensors.index.json"
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "tekken.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
)
_PICKLES = ("*.bin", "*.pt", "*.pth")
_NOT_WEIGHTS = ("training_args.bin", "optimizer.pt", "scheduler.pt", "optimizer.bin", "scheduler.bin")


@dataclass(frozen=True)
class ModelFiles:
    """The files of a model as they lie on this machine.

    Attributes:
        folder: Where they are.
        repository: Of the hub, for a model from its cache.
        commit: Of that repository.
        gguf: The one file that holds everything, for a GGUF model.
    """

    folder: Path
    repository: str | None = None
    commit: str | None = None
    gguf: Path | None = None

    def file(self, name: str) -> Path | None:
        """One of the files by name; None when it is not there."""
        path = self.folder / name
        return path if path.is_file() else None

    @cached_property
    def shards(self) -> list[Path]:
        """The safetensors files that the index names, there or not; without an index, those that are there."""
        index = self.file(INDEX)
        if index is not None:
            try:
                named = read_json(index).get("weight_map")
                if isinstance(named, dict):
                    return sorted(self.folder / str(name) for name in set(named.values()))
            except DefinitionError:
                pass  # the index is reported as broken where it is checked
        found = sorted(self.folder.glob("*.safetensors"))
        return [path for path in found if not path.name.startswith("consolidated")] or found

    @cached_property
    def pickles(self) -> list[Path]:
        """Files that hold weights as pickles, which can run code when they are read."""
        found = (path for pattern in _PICKLES for path in self.folder.glob(pattern))
        return sorted(path for path in found if path.name not in _NOT_WEIGHTS)

    @property
    def weights(self) -> list[Path]:
        """The files that a server reads the weights from."""
        if self.gguf is not None:
            return [self.gguf]
        return self.shards or self.pickles


def model_files(settings: Settings, name: str) -> ModelFiles:
    """The files of an alias's model. Nothing is fetched.

    Raises:
        ReferenceNotFound: There is no such alias.
        DefinitionError: The path that the settings give leads nowhere, or the alias names a model that has no files.
        Unfinished: It is a model of the hub that is not on this machine.
    """
    alias = settings.alias(name)
    if alias.file is not None and alias.file.endswith(".gguf"):
        return _gguf(settings, name, settings.root / alias.file, "file")
    if alias.vllm is not None and alias.vllm.path is not None:
        return _local(settings, name, settings.root / alias.vllm.path)
    if alias.vllm is None:
        raise DefinitionError(
            f"model alias {name!r} ({alias.model}) has no files that genops could look at",
            at=origin(["models", name], settings.source),
            hint=f'give it a table [tool.genops.models.{name}.vllm], or file = "….gguf" for llama.cpp and Ollama',
        )
    return _hub(settings, name, alias)


def repository_of(alias: ModelAlias) -> str:
    """The hub's name of an alias's model: what follows the provider."""
    return alias.model.partition("/")[2]


def download_command(alias: ModelAlias) -> str:
    """What fetches an alias's model of the hub into the cache that its server reads."""
    words = ["hf", "download", repository_of(alias)]
    if alias.revision is not None:
        words += ["--revision", alias.revision]
    if (cache := hub_cache(alias)) != _own_cache():
        words += ["--cache-dir", str(cache)]
    return shlex.join(words)


def hub_cache(alias: ModelAlias) -> Path:
    """The hub's cache that the alias's server reads: its own environment and flags before those of this process."""
    own = alias.vllm.environment if alias.vllm else {}
    flags = {key.replace("_", "-"): value for key, value in (alias.vllm.extra if alias.vllm else {}).items()}
    if flags.get("download-dir"):
        return Path(str(flags["download-dir"])).expanduser()
    if own.get("HF_HUB_CACHE"):
        return Path(own["HF_HUB_CACHE"]).expanduser()
    if own.get("HF_HOME"):
        return Path(own["HF_HOME"]).expanduser() / "hub"
    return _own_cache()


def _own_cache() -> Path:
    """The cache that this process's environment names."""
    if os.environ.get("HF_HUB_CACHE"):
        return Path(os.environ["HF_HUB_CACHE"]).expanduser()
    if os.environ.get("HF_HOME"):
        return Path(os.environ["HF_HOME"]).expanduser() / "hub"
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "huggingface" / "hub"


def cached_repository(cache: Path, repository: str) -> Path:
    """The folder of a repository in the hub's cache."""
    return cache / f"models--{repository.replace('/', '--')}"


def _local(settings: Settings, name: str, path: Path) -> ModelFiles:
    if path.is_file() and path.suffix == ".gguf":
        return _gguf(settings, name, path, "vllm", "path")
    if not path.is_dir():
        raise DefinitionError(
            f"model alias {name!r}: there is no folder {path}",
            at=origin(["models", name, "vllm", "path"], settings.source),
            hint="name the folder that holds the model's config.json, relative to the project",
        )
    return ModelFiles(path)


def _gguf(settings: Settings, name: str, path: Path, *keys: str) -> ModelFiles:
    if not path.is_file():
        raise DefinitionError(
            f"model alias {name!r}: there is no file {path}",
            at=origin(["models", name, *keys], settings.source),
            hint="name the GGUF file, relative to the project",
        )
    return ModelFiles(path.parent, gguf=path)


def _hub(settings: Settings, name: str, alias: ModelAlias) -> ModelFiles:
    repository = repository_of(alias)
    place = cached_repository(hub_cache(alias), repository)
    commit = commit_of(place, alias.revision or "main")
    folder = place / "snapshots" / commit if commit else None
    if commit is None or folder is None or not folder.is_dir():
        wanted = f"{repository} at {alias.revision}" if alias.revision else repository
        raise NotDownloaded(
            f"model alias {name!r}: {wanted} is not in the hub's cache {place.parent}",
            at=origin(["models", name, "model"], settings.source),
            hint=f"fetch it with: {download_command(alias)}",
        )
    return ModelFiles(folder, repository, commit)


class NotDownloaded(Unfinished, GenopsError):
    """A model of the hub that is not on this machine."""


def commit_of(place: Path, revision: str) -> str | None:
    """The commit that a revision stands for in a cached repository; None when the cache does not know."""
    if COMMIT.fullmatch(revision):
        return revision
    try:
        return (place / "refs" / revision).read_text(encoding="utf-8").strip() or None
    except OSError:
        return None
