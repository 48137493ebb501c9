"""What a load must keep to: ``ttft.p95 < 500ms``, decided by how many requests break it, with a stated confidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log
from typing import Literal, TypeAlias

import numpy as np

from genops.errors import UsageError
from genops.serving.load.figures import blocks_of
from genops.serving.load.pacing import Measured
from genops.serving.load.sending import Timing
from genops.stats import clopper_pearson_interval

Verdict: TypeAlias = Literal["met", "broken", "undecided"]
_WRITTEN = re.compile(r"\s*(\w+)\s*\.\s*p(\d{1,2}(?:\.\d+)?)\s*<=?\s*(\d+(?:\.\d+)?)\s*(ms|s)\s*")
_NAMES: dict[str, Callable[[Timing], float | None]] = {
    "ttft": lambda timing: timing.ttft,
    "inter_token": lambda timing: timing.per_token,
    "end_to_end": lambda timing: timing.end_to_end,
}
_ALSO = {"tpot": "inter_token", "itl": "inter_token", "per_token": "inter_token", "e2e": "end_to_end"}


@dataclass(frozen=True, slots=True)
class Objective:
    """A limit that a share of the requests must keep.

    ``inter_token`` is of a request the mean over its tokens. A request that failed keeps no limit.

    Attributes:
        name: ``ttft``, ``inter_token`` or ``end_to_end``.
        quantile: The share of requests that must keep it, between 0 and 1.
        limit: In seconds.
    """

    name: str
    quantile: float
    limit: float

    @classmethod
    def parse(cls, text: str) -> Objective:
        """Reads ``ttft.p95 < 500ms``.

        Raises:
            UsageError: It is no objective.
        """
        found = _WRITTEN.fullmatch(text)
        name = _ALSO.get(found[1], found[1]) if found else ""
        if found is None or name not in _NAMES or not 0 < float(found[2]) < 100:
            raise UsageError(
                f"{text!r} is no objective", hint=f"write NAME.pQ < LIMIT, NAME one of {', '.join(_NAMES)}: {_EXAMPLE}"
            )
        return cls(name, float(found[2]) / 100, float(found[3]) * (0.001 if found[4] == "ms" else 1.0))

    def __str__(self) -> str:
        limit = f"{self.limit * 1000:g}ms" if self.limit < 1 else f"{self.limit:g}s"
        return f"{self.name}.p{self.quantile * 100:g} < {limit}"

    def breaks(self, timing: Timing) -> bool:
        """Whether a request fails it; one whose answer has no two tokens has none to wait for."""
        if timing.error:
            return True
        value = _NAMES[self.name](timing)
        return value is not None and value > self.limit

    def least_requests(self, alpha: float) -> int:
        """How many requests it takes to show it, when none of them breaks it."""
        return ceil(log(alpha) / log(self.quantile))


_EXAMPLE = "ttft.p95 < 500ms"


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether a load keeps an objective.

    Attributes:
        objective: Which.
        verdict: ``met`` or ``broken`` where the interval of the share lies on one side of what is allowed.
        broken: Requests that break it.
        n: Requests.
        share: Of requests that break it.
        low: Lower end of its interval.
        high: Upper end.
        confidence: Of the interval, each end for itself.
    """

    objective: Objective
    verdict: Verdict
    broken: int
    n: int
    share: float
    low: float
    high: float
    confidence: float


def rule_on(objective: Objective, measured: Measured, alpha: float = 0.05) -> Ruling:
    """Decides by the exact test of a share, each side at ``alpha``.

    Requests that queue together break it together: where blocks of them differ more than chance does, they count as
    fewer requests than they are.
    """
    breaks = np.array([objective.breaks(timing) for timing in measured.timings], dtype=float)
    n, broken = len(breaks), int(breaks.sum())
    effect = design_effect(breaks)
    worth = max(1, floor(n / effect))
    interval = clopper_pearson_interval(min(worth, ceil(broken / effect)), worth, 1 - 2 * alpha)
    assert interval.bounds is not None
    low, high = interval.bounds
    allowed = 1 - objective.quantile
    verdict: Verdict = "met" if high <= allowed + 1e-12 else "broken" if low > allowed else "undecided"
    return Ruling(objective, verdict, broken, n, broken / n, low, high, 1 - alpha)


def design_effect(breaks: Sequence[float] | np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """How many times the variance of the share is that of independent requests; at least 1."""
    values = np.asarray(breaks, dtype=float)
    share = float(values.mean())
    blocks = blocks_of(len(values))
    count = int(blocks.max()) + 1
    if count < 2 or not 0 < share < 1:
        return 1.0
    sizes = np.bincount(blocks)
    means = np.bincount(blocks, values) / sizes
    expected = share * (1 - share) / float(sizes.mean())
    return max(1.0, float(means.var(ddof=1)) / expected)


def together(rulings: Sequence[Ruling]) -> Verdict:
    """Of several objectives: met where all are, broken where one is."""
    verdicts = {ruling.verdict for ruling in rulings}
    return "broken" if "broken" in verdicts else "undecided" if "undecided" in verdicts else "met"
