"""When and where a change is, and what else changed then: of the rows of one question, by what they say to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from genops.artifacts import Component, short
from genops.drift.explain.change_point import ChangePoint, find_change_point
from genops.drift.explain.components import Components, find_components
from genops.drift.explain.segments import Segments, find_segments
from genops.drift.leading import Question
from genops.drift.looks.families import Asked
from genops.drift.samples import Labels
from genops.drift.spec import DriftSpec
from genops.drift.summary import ComponentFact, SegmentFact, Since
from genops.drift.windows import Window
from genops.errors import ReferenceNotFound
from genops.evals.summary import Measure
from genops.store import Store

SHARE = "share"
_LANGUAGE = "language"
_MOST_SEGMENTS = 12


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a change goes with.

    Attributes:
        since: When it began; None where that cannot be told.
        segments: Parts of the rows, the one that carries most first.
        components: Of the chain, that changed.
        cause: What the alarm goes with, in a sentence or two.
    """

    since: Since | None = None
    segments: tuple[SegmentFact, ...] = ()
    components: tuple[ComponentFact, ...] = ()
    cause: str = ""


def circumstances(question: Question, spec: DriftSpec, store: Store) -> Circumstances:
    """What the change of a state goes with.

    Args:
        question: That alarms, with what its rows say.
        spec: The check.
        store: Holds the locks of runs.
    """
    timed = _Timed.of(question)
    point = timed.change_point(spec) if timed is not None else None
    components = _components(question, timed, point, store)
    return Circumstances(
        None if point is None or timed is None else timed.since(point),
        _segments(question, spec),
        tuple(
            ComponentFact(change.kind, change.name, _short(change.before), _short(change.after), change.at)
            for change in components.changes
        )
        if components is not None
        else (),
        "" if components is None else components.verdict,
    )


@dataclass(frozen=True)
class _Timed:
    """The rows that have a time: of both windows, or of the current one alone."""

    question: Question
    windows: tuple[Window, ...]
    first: int
    times: Any = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "times", np.concatenate([window.times for window in self.windows]))

    @classmethod
    def of(cls, question: Question) -> _Timed | None:
        reference, current = question.windows
        if current.times is None:
            return None
        if reference.times is None:
            return cls(question, (current,), len(reference))
        return cls(question, (reference, current), 0)

    def change_point(self, spec: DriftSpec) -> ChangePoint | None:
        """When the series changed; None where chance makes such a cut too."""
        groups: Labels = [(number, group) for number, window in enumerate(self.windows) for group in window.groups]
        found = find_change_point(
            self.question.shares[self.first :], self.times, groups, relabellings=spec.relabellings, seed=spec.seed
        )
        return found if found is not None and found.p <= spec.alpha else None

    def since(self, point: ChangePoint) -> Since:
        """A change point with the run that it begins with."""
        runs = [run for window in self.windows for run in window.runs or [""] * len(window)]
        return Since(point.at, point.low, point.high, point.level, point.p, runs[point.row])


def _segments(question: Question, spec: DriftSpec) -> tuple[SegmentFact, ...]:
    facts: list[SegmentFact] = []
    split = question.samples.reference
    for by, labels in _labels(question).items():
        shared = set(labels[:split]) & set(labels[split:])
        if len(set(labels)) > 1 and shared:  # what no two rows of either window have in common parts nothing
            facts += _facts(
                find_segments(by, labels, question.samples, question.witness, question.folds, seed=spec.seed)
            )
    return tuple(facts)


def _facts(parted: Segments) -> list[SegmentFact]:
    return [
        SegmentFact(
            parted.by,
            one.label,
            one.rows,
            *(
                Measure.of(each, SHARE) if np.isfinite(each.estimate) else Measure.none(SHARE, each.missing)
                for each in (one.separation, one.inside, one.mix)
            ),
        )
        for one in parted.segments[:_MOST_SEGMENTS]
    ]


def _labels(question: Question) -> dict[str, list[str]]:
    """What the rows of both windows can be told apart by, reference first."""
    reference, current = question.windows
    found = {
        name: [*reference.segments[name], *current.segments[name]]
        for name in sorted(reference.segments.keys() & current.segments.keys())
    }
    if reference.contexts is not None and current.contexts is not None:
        found["context"] = [*reference.contexts, *current.contexts]
    languages = _languages(question.asked)
    if languages:
        found[_LANGUAGE] = [languages[place] for place in question.places.tolist()]
    return found


def _languages(asked: Asked) -> list[str]:
    """Of all rows, reference first; none where they were not told."""
    changes = asked.descriptors.changes if asked.descriptors is not None else ()
    for change in changes:
        if change.descriptor == _LANGUAGE:
            split = len(asked.rows.reference)
            told = [""] * (split + len(asked.rows.current))
            places = np.concatenate([change.rows[0], split + change.rows[1]])
            for place, code in zip(places.tolist(), change.samples.values.tolist(), strict=True):
                told[place] = change.samples.categories[code]
            return told
    return []


def _components(question: Question, timed: _Timed | None, point: ChangePoint | None, store: Store) -> Components | None:
    """What changed of the chain; None where the runs of one window are not known."""
    reference, current = question.windows
    if not any(reference.locks) or not any(current.locks):
        return None
    times = timed.times if timed is not None and timed.first == 0 else None
    return find_components(
        [*reference.locks, *current.locks],
        _components_of(store),
        question.samples,
        question.witness,
        question.folds,
        times=times,
        since=point if times is not None else None,
    )


def _components_of(store: Store) -> Callable[[str], Iterable[Component]]:
    def known(lock: str) -> Iterable[Component]:
        try:
            return store.components_of(lock)
        except ReferenceNotFound:
            return ()

    return known


def _short(digests: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(short, digests))
