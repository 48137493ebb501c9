"""A person labels, one thing at a time: blind, resumable, and every label on disk before the next thing is shown."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from genops.errors import UsageError


class Labelled(Protocol):
    """Something to be labelled."""

    @property
    def case(self) -> str:
        """Its id, which is the same in every session."""


T = TypeVar("T", bound=Labelled)


class Labelling(ABC, Generic[T]):
    """The labelling of things into a file of labels, which is only ever added to.

    Args:
        tasks: What is to be labelled, by id, in the order in which it is shown.
        out: Takes the labels; what it holds already is not asked again.
        scale: The labels to choose from.

    Raises:
        UsageError: The file cannot be written.
    """

    def __init__(self, tasks: Mapping[str, T], out: Path, scale: tuple[str, ...]) -> None:
        self.scale = scale
        self._tasks = tasks
        self._out = out
        _mend(out)
        self._done: list[str] = self._before() if out.stat().st_size else []
        self._skipped: set[str] = set()

    @property
    def progress(self) -> tuple[int, int]:
        """How many tasks are labelled, and how many there are."""
        return sum(case in self._tasks for case in self._done), len(self._tasks)

    def tasks(self) -> Iterator[T]:
        """The next task without a label, and so on until none is left that was not skipped."""
        while True:
            done = {*self._done, *self._skipped}
            task = next((task for case, task in self._tasks.items() if case not in done), None)
            if task is None:
                return
            yield task

    def label(self, task: T, choice: str, note: str = "") -> None:
        """Keeps a label; it is on disk when this returns.

        Args:
            task: What is labelled.
            choice: A word of the scale.
            note: What the person wants to remember of it.

        Raises:
            UsageError: The scale has no such word.
        """
        if choice not in self.scale:
            raise UsageError(f"{choice!r} is none of {', '.join(self.scale)}")
        self._append(self._row(task, choice, note))
        self._done.append(task.case)

    def skip(self, task: T) -> None:
        """Leaves a task out until the next session."""
        self._skipped.add(task.case)

    def undo(self) -> str | None:
        """Takes the last label back, that of an earlier session too; gives its id, None when there is none."""
        if not self._done:
            return None
        case = self._done.pop()
        self._append(self._undone(case))
        return case

    @abstractmethod
    def shown(self, task: T) -> list[tuple[str, str]]:
        """What the person sees of a task: headings and texts."""

    @abstractmethod
    def _before(self) -> list[str]:
        """Ids that the file has labels of, the latest last."""

    @abstractmethod
    def _row(self, task: T, choice: str, note: str) -> Mapping[str, Any]:
        """A label as the file has it."""

    @abstractmethod
    def _undone(self, case: str) -> Mapping[str, Any]:
        """The row that takes a label back."""

    def _append(self, row: Mapping[str, Any]) -> None:
        with self._out.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())


def _is_whole(line: bytes) -> bool:
    """Whether a row of JSON ends where the line does."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _mend(path: Path) -> None:
    """Makes sure that labels can be kept after the last line.

    A line that a crash left unfinished never counted and is cut off; a whole one that only lacks its end gets it.
    """
    try:
        with path.open("a+b") as stream:
            stream.seek(0)
            data = stream.read()
            if data and not data.endswith(b"\n"):
                start = data.rfind(b"\n") + 1
                if _is_whole(data[start:]):
                    stream.write(b"\n")
                else:
                    stream.truncate(start)
    except OSError as error:
        raise UsageError(f"labels cannot be written to {path}: {error.strerror or error}") from None
