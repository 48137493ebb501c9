"""The files that a configuration refers to."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from genops.errors import DefinitionError, Location
from genops.syntax import read_text, read_yaml

SCRIPTS = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".py", ".rb", ".go", ".sh")
_PREFIX = "file://"
_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Files:
    """Reads what ``file://…`` means.

    Attributes:
        folder: Of the configuration.
    """

    folder: Path

    def refers(self, value: Any) -> bool:
        """Whether a value is a reference to a file."""
        return isinstance(value, str) and value.startswith(_PREFIX)

    def has(self, name: str) -> bool:
        """Whether there is a file of this name; what cannot be a name is none."""
        try:
            return (self.folder / name).is_file()
        except OSError:
            return False

    def is_script(self, reference: str) -> bool:
        """Whether it is code, which is not run here; ``:name`` behind it names a function."""
        name = reference.removeprefix(_PREFIX)
        return any(name.endswith(suffix) or f"{suffix}:" in name for suffix in SCRIPTS)

    def paths(self, reference: str) -> list[Path]:
        """The files of a reference, which may be a glob; sorted.

        Raises:
            DefinitionError: There is none.
        """
        name = reference.removeprefix(_PREFIX)
        path = self.folder / name
        try:
            found = sorted(self.folder.glob(name)) if _GLOB & set(name) else [path] if self.has(name) else []
        except (ValueError, NotImplementedError, OSError) as error:
            raise DefinitionError(f"{name!r:.80} is no pattern of files: {error}") from None
        if not found:
            raise DefinitionError("there is no such file", at=Location(path))
        return found

    def text(self, reference: str) -> str:
        """The text of the file.

        Raises:
            DefinitionError: There is none, or it is no text.
        """
        return read_text(self.paths(reference)[0])

    def data(self, path: Path) -> Any:
        """What a file holds: values of YAML, JSON or JSON Lines, rows of CSV, or text.

        Raises:
            DefinitionError: It cannot be read.
        """
        text = read_text(path)
        try:
            match path.suffix.lower():
                case ".yaml" | ".yml":
                    return read_yaml(text, path).data
                case ".json":
                    return orjson.loads(text)
                case ".jsonl":
                    return [orjson.loads(line) for line in text.splitlines() if line.strip()]
                case ".csv":
                    rows = list(csv.DictReader(text.splitlines(keepends=True), restval="", strict=True))
                    if any(None in row for row in rows):
                        raise DefinitionError("a row has more fields than the header", at=Location(path))
                    return rows
        except (orjson.JSONDecodeError, csv.Error) as error:
            raise DefinitionError(f"not {path.suffix[1:].upper()}: {error}", at=Location(path)) from None
        return text

    def loaded(self, value: Any) -> Any:
        """A value, or what the file holds that it refers to."""
        return self.data(self.paths(value)[0]) if self.refers(value) else value
