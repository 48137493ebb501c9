"""A person labels the cases of judges, in an order of their own."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genops.errors import UsageError
from genops.evals.judges.labels import Judged, Labels, is_table, label_of
from genops.evals.judges.words import TIE, number_of
from genops.evals.labelling import Labelling

PAIR_SCALE = ("1", "2", "tie")
SCALE = ("yes", "no")
_PLACES = (("1", "2"), ("a", "b"), ("first", "second"))


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


class CaseLabelling(Labelling[Task]):
    """The labelling of a file of cases.

    Args:
        cases: A labels file whose rows show what is to be labelled; what it holds of verdicts and labels is not shown.
        out: Takes the labels; what it holds already is not asked again.
        scale: The labels to choose from; default ``1``, ``2``, ``tie`` for pairs, else ``yes``, ``no``. That of pairs
            names both places, as ``a``, ``b`` do.
        seed: Of the order of the cases, and of each pair.

    Raises:
        UsageError: The cases show no texts, the scale has a word that cannot be kept, or the file of labels is to be a
            table.
        DefinitionError: One of the files is broken.
    """

    def __init__(self, cases: Labels, out: Path, scale: tuple[str, ...] = (), seed: int = 0) -> None:
        if is_table(out):
            raise UsageError(f"labels are written as JSON Lines, and {out.name} is a table", hint="name it *.jsonl")
        self._seed = seed
        self._named: dict[str, Mapping[str, str]] = {}
        tasks = self._drawn(cases)
        if not tasks:
            raise UsageError(
                "the cases show nothing to label", hint="a row needs `output`, or `output_1` and `output_2`"
            )
        pairs = any(len(task.texts) == 2 for task in tasks.values())
        scale = scale or (PAIR_SCALE if pairs else SCALE)
        _check_scale(scale)
        self._other = _other_places(scale) if pairs else {}
        super().__init__(tasks, out, scale)

    def shown(self, task: Task) -> list[tuple[str, str]]:
        """The question, where it is known, and the texts."""
        names = ("First", "Second") if len(task.texts) == 2 else ("Text",)
        asked = [("Question", task.asked)] if task.asked else []
        return [*asked, *zip(names, task.texts, strict=True)]

    def _before(self) -> list[str]:
        """A case that was chosen then, and is drawn at random now, counts as both."""
        before = Labels.load(self._out)
        for case in before.chosen & before.human.keys():
            task = self._tasks.get(case)
            if task is not None and task.drawn == "random":
                self._append({**task.named, "human": before.human[case], "drawn": "random"})
        self._named = {row.case: row.named for row in before.rows if row.human is not None}
        return list(self._named)

    def _row(self, task: Task, choice: str, note: str) -> Mapping[str, Any]:
        """The label is of the order of the file, whatever was shown first."""
        human = self._other.get(choice, choice) if task.swapped else choice
        row = {**task.named, "human": human, "note": note, "drawn": task.drawn, "shown_swapped": task.swapped}
        return {**row, "pair": True} if len(task.texts) == 2 else row

    def _undone(self, case: str) -> Mapping[str, Any]:
        task = self._tasks.get(case)
        return {**(task.named if task is not None else self._named[case]), "undo": True}

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


def _texts(row: Judged) -> tuple[str, ...]:
    shown = row.shown
    if "output_1" in shown and "output_2" in shown:
        return (shown["output_1"], shown["output_2"])
    return (shown["output"],) if "output" in shown else ()


def _check_scale(scale: tuple[str, ...]) -> None:
    read: dict[str, str] = {}
    for word in scale:
        label = label_of(word)
        if label is None:
            raise UsageError(f"--scale: {word} is read as no label", hint="take another word")
        if label in read:
            raise UsageError(f"--scale: {read[label]} and {word} are read as one label", hint="name each label once")
        read[label] = word


def _other_places(scale: tuple[str, ...]) -> dict[str, str]:
    """What a label of a pair is when the texts change places; a word that names no place stays.

    Raises:
        UsageError: The words name no two places, or one of them is a number that would turn with the texts.
    """
    words = {word.casefold(): word for word in scale}
    places = [place for place in _PLACES if words.keys() >= {*place}]
    others = words.keys() - TIE - {*places[0]} if places else words.keys()
    if not places or any(number_of(word) is not None for word in others):
        raise UsageError(
            f"--scale: {', '.join(scale)} does not say which text of a pair is meant",
            hint="pairs are shown in either order: write 1,2,tie, or a,b, or first,second, and words for neither",
        )
    one, other = (words[word] for word in places[0])
    return {one: other, other: one}
