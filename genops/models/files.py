"""The files of models that answer from one: read once, and held to what the model was pinned with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from genops.errors import DefinitionError, Location
from genops.models.alias import file_of
from genops.models.types import Model
from genops.settings import Settings


class Digested(Protocol):
    """What a file holds."""

    @property
    def digest(self) -> str:
        """Of its content, whatever the spacing and key order in the file."""
        ...


T = TypeVar("T", bound=Digested)


class ModelFiles(Generic[T]):
    """What models' files hold, by model.

    Args:
        settings: Name the files.
        load: Reads one.
    """

    def __init__(self, settings: Settings, load: Callable[[Path], T]) -> None:
        self._settings = settings
        self._load = load
        self._read: dict[str, T] = {}

    def of(self, model: Model) -> T:
        """What the file of a model holds.

        Raises:
            DefinitionError: It cannot be read, or is not the one that the model was resolved with.
        """
        held = self._read.get(model.component.digest)
        if held is None:
            path = file_of(self._settings, model.name, model.alias)
            held = self._load(path)
            if held.digest != model.component.body["content"]:
                raise DefinitionError(
                    f"the file is not the one of model {model.name!r}: it has changed since",
                    at=Location(path),
                    hint="run again, or put the old content back",
                )
            self._read[model.component.digest] = held
        return held

    def forget(self) -> None:
        """Reads all anew when they are asked for again."""
        self._read.clear()
