"""A person labels cases: blind, in an order of their own, and every label on disk before the next case is shown."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genops.errors import UsageError
from genops.evals.judges.labels import Judged, Labels

PAIR_SCALE = ("1", "2", "tie")
SCALE = ("yes", "no")


@dataclass(frozen=True, slots=True)
class Task:
    """A case to be labelled, as the person sees it: without any verdict, and a pair in an order drawn for it.

    Attributes:
        case: Id of the case.
        asked: What the texts answer; empty where that is not known.
        texts: The text, or both of a pair in the order in which they are shown.
        swapped: Whether the second of the pair stands first.
        drawn: As the file of cases has it.
        named: How a labels file names the case.
    """

    case: str
    asked: str
    texts: tuple[str, ...]
    swapped: bool
    drawn: str
    named: Mapping[str, str]


class Labelling:
    """The labelling of a file of cases into a file of labels, which is only ever added to.

    Args:
        cases: A labels file whose rows show what is to be labelled; what it holds of verdicts and labels is not shown.
        out: Takes the labels; what it holds already is not asked again.
        scale: The labels to choose from; default ``1``, ``2``, ``tie`` for pairs, else ``yes``, ``no``.
        seed: Of the order of the cases, and of each pair.

    Raises:
        UsageError: The cases show no texts.
        DefinitionError: One of the files is broken.
    """

    def __init__(self, cases: Labels, out: Path, scale: tuple[str, ...] = (), seed: int = 0) -> None:
        self._out = out
        self._seed = seed
        self._tasks = self._drawn(cases)
        if not self._tasks:
            raise UsageError(
                "the cases show nothing to label", hint="a row needs `output`, or `output_1` and `output_2`"
            )
        pairs = any(len(task.texts) == 2 for task in self._tasks.values())
        self.scale = scale or (PAIR_SCALE if pairs else SCALE)
        _mend(out)
        self._done: dict[str, Mapping[str, str]] = {}
        self._skipped: set[str] = set()
        if out.exists() and out.stat().st_size:
            self._resume(Labels.load(out))

    def _resume(self, before: Labels) -> None:
        """Takes over what is labelled; a case that was chosen then, and is drawn at random now, counts as both."""
        self._done = {row.case: row.named for row in before.rows if row.human is not None}
        for case in before.chosen & before.human.keys():
            task = self._tasks.get(case)
            if task is not None and task.drawn == "random":
                self._append({**task.named, "human": before.human[case], "drawn": "random"})

    def _drawn(self, cases: Labels) -> dict[str, Task]:
        """Tasks by case, in an order that the seed draws; equal for equal files, so that a pause changes nothing."""
        rows = {row.case: row for row in cases.rows if _texts(row)}
        order = sorted(rows)
        random.Random(self._seed).shuffle(order)
        return {case: self._task(rows[case]) for case in order}

    def _task(self, row: Judged) -> Task:
        texts = _texts(row)
        drawn = hashlib.sha256(f"{self._seed}/{row.case}".encode()).digest()[0] % 2 == 1
        swapped = len(texts) == 2 and drawn
        asked = row.shown.get("question") or row.shown.get("input") or ""
        return Task(row.case, asked, texts[::-1] if swapped else texts, swapped, row.drawn, row.named)

    @property
    def progress(self) -> tuple[int, int]:
        """How many cases are labelled, and how many there are."""
        return sum(case in self._tasks for case in self._done), len(self._tasks)

    def tasks(self) -> Iterator[Task]:
        """The next case without a label, and so on until none is left that was not skipped."""
        while True:
            done = {*self._done, *self._skipped}
            task = next((task for case, task in self._tasks.items() if case not in done), None)
            if task is None:
                return
            yield task

    def label(self, task: Task, choice: str, note: str = "") -> None:
        """Keeps a label; it is on disk when this returns.

        Args:
            task: The case.
            choice: A word of the scale; of a pair as it was shown.
            note: What the person wants to remember of it.

        Raises:
            UsageError: The scale has no such word.
        """
        if choice not in self.scale:
            raise UsageError(f"{choice!r} is none of {', '.join(self.scale)}")
        other = {"1": "2", "2": "1"}
        human = other.get(choice, choice) if task.swapped else choice
        self._append({**task.named, "human": human, "note": note, "drawn": task.drawn, "shown_swapped": task.swapped})
        self._done[task.case] = task.named

    def skip(self, task: Task) -> None:
        """Leaves a case out until the next session."""
        self._skipped.add(task.case)

    def undo(self) -> str | None:
        """Takes the last label back, that of an earlier session too; gives its case, None when there is none."""
        if not self._done:
            return None
        case, named = self._done.popitem()
        self._append({**named, "undo": True})
        return case

    def _append(self, row: Mapping[str, Any]) -> None:
        with self._out.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())


def _texts(row: Judged) -> tuple[str, ...]:
    shown = row.shown
    if "output_1" in shown and "output_2" in shown:
        return (shown["output_1"], shown["output_2"])
    return (shown["output"],) if "output" in shown else ()


def _mend(path: Path) -> None:
    """Cuts off a last line that a crash left unfinished: its label was never acknowledged."""
    if not path.exists():
        return
    with path.open("rb+") as stream:
        data = stream.read()
        if data and not data.endswith(b"\n"):
            stream.truncate(data.rfind(b"\n") + 1)
