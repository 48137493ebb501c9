"""How far a campaign has come, and what it has used."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from genops.evals.suite import Budget

Spend: TypeAlias = Callable[[float | None, int], None]
"""Is told what something used: US dollars, None where a price is unknown, and tokens."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used before the first try.

    Attributes:
        cost: US dollars, where prices are known.
        tokens: Input and output together.
        seconds: By the clock.
    """

    cost: float = 0.0
    tokens: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class FuzzProgress:
    """Counts of a campaign under way.

    Attributes:
        total: Tries that a whole campaign makes, at most.
        outcomes: Tries by what became of them, those of earlier sittings included.
        findings: So far.
        refused: Branches of strategies that ended as the attacker refused.
        resumed: Tries of earlier sittings.
        missing: Tries of this sitting that are to be made again: something around the chain failed.
        cost: US dollars of all that was asked of a model in this sitting, where prices are known: by tries, those that
            shorten findings included, by judges, the attacker and harmless runs.
        tokens: As the cost.
        stopped: Why it ended before its last try; empty when it did not.
    """

    total: int
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: int = 0
    refused: int = 0
    resumed: int = 0
    missing: int = 0
    cost: float = 0.0
    tokens: int = 0
    stopped: str = ""
    started: float = field(default_factory=time.monotonic)

    @classmethod
    def after(cls, spent: Spent, total: int) -> FuzzProgress:
        """The progress of a sitting that begins now.

        Args:
            spent: What it took to come so far.
            total: Tries that a whole campaign makes, at most.
        """
        return cls(total, cost=spent.cost, tokens=spent.tokens, started=time.monotonic() - spent.seconds)

    @property
    def done(self) -> int:
        """Tries that were made."""
        return self.outcomes.total()

    @property
    def seconds(self) -> float:
        """Since the start of this sitting."""
        return time.monotonic() - self.started

    def spend(self, cost: float | None, tokens: int) -> None:
        """Counts what something used."""
        self.cost += cost or 0.0
        self.tokens += tokens

    def over(self, budget: Budget) -> bool:
        """Whether a budget is used up; :attr:`stopped` says which from then on."""
        if budget.usd is not None and self.cost >= budget.usd:
            self.stopped = f"the budget of ${budget.usd:g} is used up"
        elif budget.tokens is not None and self.tokens >= budget.tokens:
            self.stopped = f"the budget of {budget.tokens:,} tokens is used up"
        elif budget.seconds is not None and self.seconds >= budget.seconds:
            self.stopped = f"the budget of {budget.seconds:g} s is used up"
        return bool(self.stopped)
