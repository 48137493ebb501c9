"""A dataset: the cases of a source, checked once and kept under their digest."""

from __future__ import annotations

import hashlib
import mmap
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, overload

from genops.errors import InputError, Location, Unfinished
from genops.evals.case import Case
from genops.evals.datasets.line import case_of, line_of
from genops.evals.datasets.reading import CaseReader
from genops.evals.datasets.sources.function import given_rows
from genops.evals.datasets.sources.row import Row
from genops.prompts import InputSpec

FOLDER = "datasets"


class Dataset(Sequence[Case]):
    """Cases by number, in the order of their source. They stay on disk: memory holds where each begins.

    Args:
        path: The file of their lines, which is called by the digest.
        offsets: Where each line begins, and where the last one ends: n + 1 numbers.
        name: What people know it by.
        derived: How many cases were given no id, as far as that is known.

    Attributes:
        digest: SHA-256 of the cases in their order.
    """

    def __init__(self, path: Path, offsets: array[int], name: str, derived: int = 0) -> None:
        self.path = path
        self.derived = derived
        self.name = name
        self.digest = path.stem
        self._offsets = offsets
        with path.open("rb") as file:  # mapped: reading a case is no call of the system, which would wait for its turn
            self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    @classmethod
    def materialise(cls, rows: Iterable[Row], reader: CaseReader, data_dir: Path, name: str) -> Dataset:
        """Reads rows one by one and keeps their cases.

        Args:
            rows: Of a source.
            reader: Makes cases of them.
            data_dir: The project's folder for data; the file goes to ``datasets/DIGEST.jsonl`` in it.
            name: What people know the dataset by.

        Raises:
            InputError: A row is no case, two have the same id, or there is none; with the line.
        """
        folder = data_dir / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        ends, hashed = array("q", [0]), hashlib.sha256()
        with NamedTemporaryFile(dir=folder, prefix=".", suffix=".part", delete=False) as out:
            try:
                for row in rows:
                    line = line_of(reader.case(row))
                    out.write(line)
                    hashed.update(line)
                    ends.append(ends[-1] + len(line))
                if len(ends) == 1:
                    raise InputError("the dataset has no cases", at=Location(name))
                reader.finish(Location(name))
                out.flush()
                path = folder / f"{hashed.hexdigest()}.jsonl"
                Path(out.name).replace(path)
            except BaseException:
                Path(out.name).unlink(missing_ok=True)
                raise
        return cls(path, ends, name, reader.derived)

    @classmethod
    def of(
        cls,
        rows: Iterable[Mapping[str, Any] | Case],
        data_dir: Path,
        *,
        inputs: InputSpec | None = None,
        columns: Mapping[str, str] | None = None,
        name: str = "rows",
    ) -> Dataset:
        """A dataset of what Python gives: mappings or cases.

        Raises:
            InputError: One is no case, two have the same id, or there is none.
        """
        return cls.materialise(given_rows(rows, name), CaseReader(inputs, columns), data_dir, name)

    @classmethod
    def stored(cls, digest: str, data_dir: Path, name: str = "") -> Dataset:
        """The dataset that was kept under a digest: what an evaluation was made of, whatever became of its source.

        Raises:
            Unfinished: It is gone, or was changed.
        """
        path = data_dir / FOLDER / f"{digest}.jsonl"
        ends, hashed = array("q", [0]), hashlib.sha256()
        try:
            with path.open("rb") as lines:
                for line in lines:
                    hashed.update(line)
                    ends.append(ends[-1] + len(line))
        except FileNotFoundError:
            raise Unfinished("the dataset is no longer kept", at=Location(path), hint="evaluate anew") from None
        if hashed.hexdigest() != digest:
            raise Unfinished("the kept dataset was changed", at=Location(path), hint="delete it and evaluate anew")
        return cls(path, ends, name or digest[:12])

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, number: int) -> Case: ...
    @overload
    def __getitem__(self, number: slice) -> list[Case]: ...
    def __getitem__(self, number: int | slice) -> Case | list[Case]:
        """The case of a number, from 0; threads may ask at once."""
        if isinstance(number, slice):
            return [self[index] for index in range(*number.indices(len(self)))]
        place = number + len(self) if number < 0 else number
        if not 0 <= place < len(self):
            raise IndexError(f"there is no case {number} in {len(self):,}")
        return case_of(self._lines[self._offsets[place] : self._offsets[place + 1]])

    def __iter__(self) -> Iterator[Case]:
        """All cases in order, read as they are asked for."""
        with self.path.open("rb") as lines:
            yield from map(case_of, lines)

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {len(self):,} cases, {self.digest[:12]})"
