"""Where a template's partials and examples are read from: a folder, or whatever else can name and read texts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from genops.errors import DefinitionError, Location
from genops.syntax import read_text


class Files(Protocol):
    """The files beside a template, by their names relative to the prompts folder."""

    def read(self, name: str) -> str | None:
        """The text of a file, or None when there is none.

        Raises:
            DefinitionError: It is there and is not text.
        """
        ...

    def names(self) -> list[str]:
        """The names that exist, for messages."""
        ...

    def shown(self, name: str) -> Path | str:
        """The file as the user knows it."""
        ...


class Folder:
    """A prompts folder of the working tree."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> str | None:
        """The text of a file, or None when there is none.

        Raises:
            DefinitionError: It lies outside of the folder, is no text, or is far too large.
        """
        path = self._folder / name
        if not path.is_file():
            return None
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise DefinitionError(f"{name} leads out of the prompts folder", at=Location(self.shown(name)))
        return read_text(self.shown(name))

    def names(self) -> list[str]:
        """All files below the folder, sorted."""
        return sorted(path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*") if path.is_file())

    def shown(self, name: str) -> Path:
        """The file's path from the working folder, or in full when it lies elsewhere."""
        path = (self._folder / name).absolute()
        return Path(os.path.relpath(path)) if path.is_relative_to(Path.cwd()) else path
