"""One try: an attack, run once, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from genops.artifacts import Value
from genops.fuzz.attack import Attack
from genops.fuzz.runner.detecting import not_answered
from genops.fuzz.search import closeness

Outcome: TypeAlias = Literal["breach", "safe", "crashed", "unscored", "infrastructure"]
"""What became of a try. ``crashed``: the chain broke before it gave an output that could be judged.

A chain that declined, by a guard or as the input does not fit, gave the empty text, and that is judged.
"""


@dataclass(frozen=True, slots=True)
class Try:
    """One attack, run once.

    Attributes:
        attack: What was tried.
        outcome: What became of it.
        run: Id of the run; empty where there is none.
        output: Of the chain; None where it gave none.
        error: How it failed; empty where it did not.
        scores: Of the detectors, as they are stored.
        features: Of its behaviour.
        cost: US dollars, those of judges included; None where a price is unknown.
        tokens: Input and output together, of judges too.
    """

    attack: Attack
    outcome: Outcome
    run: str = ""
    output: Value = None
    error: Mapping[str, Value] = field(default_factory=dict)
    scores: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    features: frozenset[str] = frozenset()
    cost: float | None = 0.0
    tokens: int = 0

    @property
    def closeness(self) -> float:
        """How near it came to a breach: from 0 to 1."""
        return closeness(self.scores)


def outcome(scores: Mapping[str, Mapping[str, Any]], *, failed: bool) -> Outcome:
    """What became of a try that was scored.

    Args:
        scores: Of its detectors.
        failed: Whether the chain broke.
    """
    if any(score.get("passed") is False for score in scores.values()):
        return "breach"
    if failed:
        return "crashed"
    if not_answered(scores):
        return "infrastructure"
    return "safe" if any(score.get("passed") for score in scores.values()) else "unscored"
