"""Where the weights of a local model come from: a folder, or the Hugging Face hub at a commit."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Protocol

from genops.artifacts import Json
from genops.errors import DefinitionError, Unfinished
from genops.retrieval.embedders.model_folder import ModelFolder

_COMMIT = re.compile(r"[0-9a-f]{40}")
_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]
_OTHER_FORMATS = ["onnx/*", "openvino/*"]


class Checkpoint(Protocol):
    """A model that can be loaded.

    Attributes:
        folder: Its files; the first use may fetch them.
    """

    @property
    def folder(self) -> ModelFolder: ...  # noqa: D102

    def identity(self) -> dict[str, Json]:
        """What decides its weights; nothing is fetched for that."""
        ...


class FolderCheckpoint:
    """A model in a folder of this machine.

    Args:
        path: The folder.
        model: What the model is called; by default as the folder is.

    Raises:
        DefinitionError: The folder holds no such model.
    """

    def __init__(self, path: Path, model: str | None = None) -> None:
        self.folder = ModelFolder(path)
        self._model = model or path.name

    def identity(self) -> dict[str, Json]:
        """The model's name, and hashes of the folder's content; its place does not count."""
        return {"model": self._model, **self.folder.digests}


class HubCheckpoint:
    """A model of the hub, fetched when it is first needed.

    Args:
        name: As sentence-transformers has it: ``ORGANISATION/MODEL``, or ``MODEL`` of its own organisation.
        revision: The commit, 40 hexadecimal digits.

    Raises:
        DefinitionError: No revision is given, or one that may move, as branches and tags do.
    """

    def __init__(self, name: str, revision: str | None) -> None:
        self._repository = name if "/" in name else f"sentence-transformers/{name}"
        self._revision = checked_commit(self._repository, revision, "revision")

    def identity(self) -> dict[str, Json]:
        """The repository and the commit."""
        return {"model": self._repository, "revision": self._revision}

    @cached_property
    def folder(self) -> ModelFolder:
        """The model's files, from the hub's cache on this machine or else from the hub.

        Raises:
            DefinitionError: The hub has no such model or commit, or the model is of another kind.
            Unfinished: It is not on this machine and the hub cannot be reached.
        """
        from huggingface_hub import errors

        try:
            path = self._download(local_files_only=True)
        except (errors.LocalEntryNotFoundError, errors.IncompleteSnapshotError):
            try:
                path = self._download(local_files_only=False)
            except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
                raise DefinitionError(
                    f"the hub has no {self._repository} at {self._revision}: {_first_line(error)}",
                    hint="check model and revision; for a gated model set HF_TOKEN",
                ) from None
            except Exception as error:  # what a network can do has many types, of several libraries
                raise Unfinished(
                    f"{self._repository} is not on this machine and the hub cannot be reached: {_first_line(error)}",
                    hint="build once with a network and without HF_HUB_OFFLINE; or copy the model's folder to this"
                    ' machine and name it: model = "./models/…"',
                ) from None
        return ModelFolder(path)

    def _download(self, *, local_files_only: bool) -> Path:
        from huggingface_hub import snapshot_download

        return Path(
            snapshot_download(
                self._repository,
                revision=self._revision,
                allow_patterns=_FILES,
                ignore_patterns=_OTHER_FORMATS,
                local_files_only=local_files_only,
            )
        )


def checked_commit(repository: str, revision: str | None, setting: str) -> str:
    """The revision of a model of the hub, when it is one that cannot move.

    Args:
        repository: Of the model, for the message.
        revision: What the settings say.
        setting: Its name there.

    Raises:
        DefinitionError: It is none, or a branch or a tag.
    """
    if revision is None or not _COMMIT.fullmatch(revision):
        raise DefinitionError(
            f"{repository} needs a pinned revision"
            + (f", and {revision!r} may become another model" if revision else ""),
            hint=f'add {setting} = "…", a commit of the model\'s repository on the hub (40 hexadecimal digits)',
        )
    return revision


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
