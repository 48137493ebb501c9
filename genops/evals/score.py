"""What a scorer gives: a score, or the word that it could not score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from genops.artifacts import Value
from genops.errors import DefinitionError, GenopsError

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of text that a score rests on.

    Attributes:
        text: As it stands in its source.
        source: Where it is from: ``output``, ``expected``, or the id of a retrieved passage.
        span: Characters in that source, from and to; None when it is not a span of it.
        note: What it shows.
    """

    text: str
    source: str = "output"
    span: tuple[int, int] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """What a scorer found in one sample.

    Attributes:
        value: In the scorer's range.
        label: A word for it (``refused``, ``tie``, ``B``); empty where the value says all.
        explanation: Why, in a sentence or a few, for people.
        evidence: What it rests on.
        metadata: Further numbers and facts: precision and recall beside an F1, a judge's run, the parsed verdict.
    """

    value: float
    label: str = ""
    explanation: str = ""
    evidence: tuple[Evidence, ...] = ()
    metadata: Mapping[str, Value] = field(default_factory=dict)


class Unscored(GenopsError):
    """The scorer cannot tell: the score is missing, which is neither 0 nor a pass.

    A scorer raises it where its own means fail (a judge that answers prose, a case without what it compares with), not
    where the output is bad.
    """


@dataclass(frozen=True, slots=True)
class Range:
    """The values that a scorer gives.

    Attributes:
        low: The least.
        high: The greatest; infinite for latency, cost and other amounts.
        lower_is_better: Whether a smaller value is the better one.

    Raises:
        DefinitionError: It does not go from a smaller value to a greater one.
    """

    low: float = 0.0
    high: float = 1.0
    lower_is_better: bool = False

    def __post_init__(self) -> None:
        """Checks the ends."""
        if not self.low < self.high:
            raise DefinitionError(f"a range goes from a smaller value to a greater one, not from {self}")

    @property
    def bounded(self) -> bool:
        """Whether means of such scores can be gated as they are."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def check(self, value: float) -> float:
        """The value, if it may be one; the end of the range for one that rounding has put beyond it.

        Raises:
            Unscored: It is not a number, or outside of the range.
        """
        if not math.isfinite(value):
            raise Unscored(f"the scorer gave {value}, which is no score")
        within = min(max(value, self.low), self.high)
        if within != value and not math.isclose(value, within, rel_tol=_ROUNDING, abs_tol=_ROUNDING):
            raise Unscored(f"the scorer gave {value:g}, outside of its range {self}")
        return within

    def passes(self, value: float, threshold: float) -> bool:
        """Whether a value is at least as good as a threshold."""
        return value <= threshold if self.lower_is_better else value >= threshold

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"
