"""A person labels, one thing at a time: blind, resumable, and every label on disk before the next thing is shown."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from genops.durable import is_locked, try_lock
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
        UsageError: The file cannot be written, or somebody is labelling into it.
    """

    def __init__(self, tasks: Mapping[str, T], out: Path, scale: tuple[str, ...]) -> None:
        self.scale = scale
        self._tasks = tasks
        self._out = out
        self._check_free()
        _mend(out)
        self._done: list[str] = self._before() if out.stat().st_size else []
        self._skipped: set[str] = set()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keeps others from labelling into the file meanwhile: each would ask what the other has asked already.

        Raises:
            UsageError: Somebody does.
        """
        held = try_lock(self._out)
        if held is None:
            self._check_free()
        try:
            yield
        finally:
            if held is not None:
                os.close(held)

    def _check_free(self) -> None:
        if _is_in_use(self._out):
            raise UsageError(
                f"somebody is labelling into {self._out}", hint="wait for them, or label into a file of your own"
            )

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


def _mend(path: Path) -> None:
    """Makes sure that labels can be kept, and that the next one begins a line.

    A row whose line was not ended counts, as an editor may leave it so; one that a crash left unfinished never did, and
    is cut off. What is no row stays: it is somebody else's.
    """
    try:
        with path.open("a+b") as stream:
            stream.seek(0)
            data = stream.read()
            last = data[data.rfind(b"\n") + 1 :]
            if last.strip() and (_is_whole(last) or not last.lstrip().startswith(b"{")):
                stream.write(b"\n")
            elif last:
                stream.truncate(len(data) - len(last))
    except OSError as error:
        raise UsageError(f"labels cannot be written to {path}: {error.strerror or error}") from None


def _is_whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _is_in_use(path: Path) -> bool:
    """Whether somebody is labelling into a file; not so where the platform or the file system cannot tell."""
    try:
        return is_locked(path)
    except OSError:
        return False
