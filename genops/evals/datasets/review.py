"""Generated cases, looked at by a person one by one; every decision is on disk before the next case is shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from genops.durable import replacing, write_durably
from genops.errors import InputError, Location
from genops.evals.case import Case
from genops.evals.datasets.reading import CaseReader
from genops.evals.datasets.sources.row import Row

_MARK = "\ufeff".encode()
_REJECTED = ".rejected.jsonl"


@dataclass(frozen=True, slots=True)
class Pending:
    """A case that waits for a person.

    Attributes:
        number: Its line, from 0.
        row: What the line holds.
        case: What a suite would read there.
    """

    number: int
    row: dict[str, Any]
    case: Case

    @property
    def sources(self) -> list[Any]:
        """The spans that its answer rests on."""
        sources = self.case.metadata.get("sources", [])
        return [source for source in sources if isinstance(source, dict)] if isinstance(sources, list) else []

    @property
    def question(self) -> str | None:
        """The name of the input that is asked: its only text; None where there are several."""
        names = [name for name, value in self.case.inputs.items() if isinstance(value, str)]
        return names[0] if len(names) == 1 else None


class Review:
    """A file of cases under review. Lines that need none stay as they are, to the byte.

    Args:
        path: JSON Lines.

    Raises:
        InputError: It cannot be read, or a line is no case.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._lines = path.read_bytes().splitlines(keepends=True)
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", at=Location(path)) from None
        found = (self._pending(number, line) for number, line in enumerate(self._lines))
        self._waiting = {case.number: case for case in found if case is not None}
        self._gone: set[int] = set()
        self.total = len(self._waiting)

    @property
    def rejected_path(self) -> Path:
        """Where rejected cases go: beside the file."""
        return rejected_path(self.path)

    @property
    def left(self) -> int:
        """Cases that still wait."""
        return len(self._waiting)

    def pending(self) -> Iterator[Pending]:
        """The cases that wait, in the order of the file."""
        for number in list(self._waiting):
            yield self._waiting[number]

    def accept(self, case: Pending, question: str | None = None, expected: str | None = None) -> None:
        """Makes a case count; with another question or answer, where these are given."""
        row = {**case.row, "metadata": {**case.row["metadata"], "reviewed": True}}
        if question is not None and case.question is not None:
            row["inputs"] = {**row["inputs"], case.question: question}
        if expected is not None:
            row["expected"] = expected
        if question is not None or expected is not None:
            row["metadata"]["edited"] = True
        self._lines[case.number] = orjson.dumps(row) + b"\n"
        del self._waiting[case.number]
        self._write()

    def reject(self, case: Pending) -> None:
        """Takes a case out of the file, and keeps it in the file of rejected ones."""
        with self.rejected_path.open("ab") as rejected:
            rejected.write(self._lines[case.number].rstrip(b"\r\n") + b"\n")
            rejected.flush()
            os.fsync(rejected.fileno())
        self._gone.add(case.number)
        del self._waiting[case.number]
        self._write()

    def _pending(self, number: int, line: bytes) -> Pending | None:
        text = line.removeprefix(_MARK) if number == 0 else line
        if not text.strip():
            return None
        at = Location(self.path, number + 1)
        try:
            row = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise InputError(f"not JSON: {error.msg}", at=at) from None
        if not isinstance(row, dict) or not _waits(row):
            return None
        if "inputs" not in row or "metadata.reviewed" in row:
            hint = '{"inputs": {"question": "…"}, "metadata": {"reviewed": false}}'
            raise InputError("a case that waits for a review has `inputs` and `metadata`", at=at, hint=hint)
        return Pending(number, row, CaseReader(unreviewed=True).case(Row(at, row)))

    def _write(self) -> None:
        left = b"".join(line for number, line in enumerate(self._lines) if number not in self._gone)
        with replacing(self.path) as part:
            write_durably(part, left)


def rejected_path(path: Path) -> Path:
    """Where the cases go that were rejected from a file."""
    return path.with_name(path.stem + _REJECTED)


def _waits(row: dict[str, Any]) -> bool:
    metadata = row.get("metadata")
    nested = metadata.get("reviewed") if isinstance(metadata, dict) else None
    return nested is False or row.get("metadata.reviewed") is False
