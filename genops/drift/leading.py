"""The question that an explanation follows, and what each row says to it.

Of the questions that alarm it is the one with the greatest separation: the smallest one that alarms is the same for
all. A row says what the test of that question made of it, its **witness**: how much a vector looks like now, whether
a number is where the current window has more, how much more often its category or topic is seen now, whether it is far
from all that the reference has. So what parts of the rows and components carry is told of the very separation that
alarmed, of a change of scale as of a shift.

When a change came is told of the same; of numbers, however, of their own values where these part the windows at least
half as well. The witness of a number may be no more than beyond a threshold or not, by which the time of a shift is
known half as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from genops.drift.effect import separation
from genops.drift.looks.families import Asked
from genops.drift.samples import Codes, Samples
from genops.drift.summary import Look
from genops.drift.two_sample import TwoSampleResult
from genops.drift.windows import Window

Floats = NDArray[np.float64]


def leading(looks: Iterable[Look]) -> Look | None:
    """The alarm with the greatest separation; None where nothing alarms."""
    alarms = [look for look in looks if look.alarm]
    return max(alarms, key=lambda look: look.separation.value or 0, default=None)


@dataclass(frozen=True, eq=False)
class Question:
    """A question with the rows that it was asked of.

    Attributes:
        asked: All that was asked of the state.
        rows: Numbers of the rows of the reference, and of the current window: a descriptor does not apply to all.
        samples: What was compared of them.
        witness: How much each speaks for the current window, the reference's first.
        folds: Of each, where each fold's witness has a scale of its own.
        told: What the question sees of each row, for people; empty where the row itself says it.
        shares: Of each row, the share of all rows that speak less for the current window, 0 to 1.
        standing: Of each row, by which those most like now are told: the greater, the more.
    """

    asked: Asked
    rows: tuple[Codes, Codes]
    samples: Samples
    witness: Floats
    folds: Codes
    shares: Floats
    standing: Floats
    told: tuple[str, ...] = ()

    @classmethod
    def of(cls, look: Look, asked: Asked) -> Self:
        """What the rows say to a question that could be tested."""
        match look.family:
            case "values":
                return cls._of_values(look.name, asked)
            case "descriptors":
                return cls._of_descriptor(look.name, asked)
            case "topics":
                return cls._of_topics(asked)
            case "concepts":
                return cls._of_concepts(asked)

    @classmethod
    def _of_values(cls, name: str, asked: Asked) -> Self:
        result = next(one for one in asked.values.results if one.test == name)
        return cls._tested(asked, _all(asked), asked.rows.samples, result)

    @classmethod
    def _of_descriptor(cls, name: str, asked: Asked) -> Self:
        assert asked.descriptors is not None
        change = next(one for one in asked.descriptors.changes if one.descriptor == name)
        own = change.samples
        told = [
            f"{value:.4g} {change.unit}" if own.of == "numbers" else own.categories[value]
            for value in own.values.tolist()
        ]
        return cls._tested(asked, change.rows, own, change.result, tuple(told))

    @classmethod
    def _of_topics(cls, asked: Asked) -> Self:
        found = asked.topics
        assert found is not None
        names = {topic.number: ", ".join(topic.telling) for topic in found.topics}
        told = tuple(names[int(found.samples.categories[code])] for code in found.samples.values.tolist())
        split = found.samples.reference
        rows = found.compared[:split], found.compared[split:] - len(asked.rows.reference)
        return cls._tested(asked, rows, found.samples, found.result, told)

    @classmethod
    def _of_concepts(cls, asked: Asked) -> Self:
        """Far or not: how far tells no more of how new a row is."""
        assert asked.concepts is not None
        distances, folds = asked.concepts.distances, np.zeros(asked.rows.samples.n, np.intp)
        far = (distances > asked.concepts.threshold).astype(np.float64)
        return cls(asked, _all(asked), asked.rows.samples, far, folds, _shares(far, folds), distances)

    @classmethod
    def _tested(
        cls,
        asked: Asked,
        rows: tuple[Codes, Codes],
        samples: Samples,
        result: TwoSampleResult,
        told: tuple[str, ...] = (),
    ) -> Self:
        shares = _shares(result.witness, result.folds)
        match samples.of:
            case "vectors":
                standing = shares
            case "numbers":
                shares, standing = _of_numbers(samples, result, shares)
            case "categories":
                standing = _more_often(samples)
        return cls(asked, rows, samples, result.witness, result.folds, shares, standing, told)

    @cached_property
    def windows(self) -> tuple[Window, Window]:
        """The rows as they were read."""
        reference, current = self.asked.rows.reference, self.asked.rows.current
        return reference.at(self.rows[0].tolist()), current.at(self.rows[1].tolist())

    @cached_property
    def places(self) -> Codes:
        """The number of each row among all rows of both windows."""
        return np.concatenate([self.rows[0], len(self.asked.rows.reference) + self.rows[1]])


def _all(asked: Asked) -> tuple[Codes, Codes]:
    return np.arange(len(asked.rows.reference)), np.arange(len(asked.rows.current))


def _of_numbers(samples: Samples, result: TwoSampleResult, shares: Floats) -> tuple[Floats, Floats]:
    """Shares and standing by the values, up or down; of a change of scale by the witness and how unusual a value is."""
    one = np.zeros(samples.n, np.intp)
    apart = separation(samples, samples.values, one).estimate
    if abs(apart) >= result.separation.estimate / 2:
        ranks = _shares(samples.values if apart > 0 else -samples.values, one)
        return ranks, ranks
    unusual = np.abs(samples.values - np.median(samples.values[: samples.reference]))
    return shares, np.argsort(np.lexsort([unusual, result.witness])).astype(np.float64)


def _more_often(samples: Samples) -> Floats:
    """Of each row, how much greater the share of its category is now."""
    kinds, split = len(samples.categories), samples.reference
    then, now = (np.bincount(part, minlength=kinds) / len(part) for part in np.split(samples.values, [split]))
    return np.asarray((now - then)[samples.values], dtype=np.float64)


def _shares(witness: Floats, folds: Codes) -> Floats:
    """The mid-ranks of a witness within each fold, from 0 to 1."""
    from scipy import stats

    shares = np.empty(len(witness))
    for fold in np.unique(folds):
        inside = folds == fold
        shares[inside] = (stats.rankdata(witness[inside]) - 0.5) / inside.sum()
    return shares
