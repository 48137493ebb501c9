"""The highest load that is shown to meet its objectives: doubling, then bisection, at one confidence over all looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from math import ceil, log2, sqrt

from genops.serving.load.figures import LoadFigures
from genops.serving.load.objective import Objective, Ruling, Verdict, together
from genops.serving.load.pacing import Loop

RESOLUTION = 1.1
"""Bisection ends where the next load that is not shown to do is at most so many times the one that does."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A load that was tried.

    Attributes:
        figures: What it measured.
        rulings: On each objective.
    """

    figures: LoadFigures
    rulings: tuple[Ruling, ...]

    @property
    def level(self) -> float:
        """Of the load."""
        return self.figures.load.level

    @property
    def verdict(self) -> Verdict:
        """On all objectives together."""
        return together(self.rulings)


@dataclass(frozen=True, slots=True)
class Highest:
    """What a search found.

    Attributes:
        level: The highest load that is shown to meet the objectives; None where none of those tried is.
        next: The lowest one above it that was tried and is not shown to; None where the highest allowed does.
        most: The highest load that was allowed.
        confidence: That everything that is said to be met is: all looks together.
        probes: In the order in which they were made.
    """

    level: float | None
    next: float | None
    most: float
    confidence: float
    probes: tuple[Probe, ...]


def looks_of(least: float, most: float) -> int:
    """How many loads a search tries at most: known before it begins, so that each is tested at its share of alpha."""
    doublings = ceil(log2(max(most / least, 1.0))) + 1
    return doublings + ceil(log2(1 / log2(RESOLUTION)))


async def highest(
    loop: Loop, least: float, most: float, confidence: float, probe: Callable[[float, float], Awaitable[Probe]]
) -> Highest:
    """Searches between two loads.

    Args:
        loop: Of a closed loop, loads are whole numbers.
        least: The first load that is tried.
        most: The highest one that may be.
        confidence: That everything that is said to be met is.
        probe: Tries a load at a level of significance.
    """
    alpha = (1 - confidence) / looks_of(least, most)
    probes: list[Probe] = []
    good: float | None = None
    bad: float | None = None
    level = least
    while bad is None:
        probes.append(await probe(level, alpha))
        if probes[-1].verdict != "met":
            bad = level
        elif level >= most:
            return Highest(level, None, most, confidence, tuple(probes))
        else:
            good, level = level, min(level * 2, most)
    while good is not None and (middle := _between(loop, good, bad)) is not None:
        probes.append(await probe(middle, alpha))
        good, bad = (middle, bad) if probes[-1].verdict == "met" else (good, middle)
    return Highest(good, bad, most, confidence, tuple(probes))


def _between(loop: Loop, good: float, bad: float) -> float | None:
    """The geometric middle; None where the two are near enough."""
    if bad / good <= RESOLUTION or (loop == "closed" and bad - good <= 1):
        return None
    middle = sqrt(good * bad)
    return float(min(max(round(middle), good + 1), bad - 1)) if loop == "closed" else middle


def requests_for(objectives: Sequence[Objective], alpha: float) -> int:
    """How many requests a look needs: enough to show every objective although a few requests break it."""
    return max(ceil(objective.least_requests(alpha) * 1.6) for objective in objectives)
