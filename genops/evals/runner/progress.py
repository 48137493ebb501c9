"""How far an evaluation has come, and what it has used."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from genops.evals.outcome import infrastructure_failed, is_bad
from genops.evals.suite import Budget
from genops.store.records.evaluations import SampleRecord
from genops.tracing.quantities import counted


@dataclass(slots=True)
class Progress:
    """Counts of an evaluation under way.

    Attributes:
        total: Samples that a whole evaluation makes.
        resumed: Samples that were there before.
        done: Samples made now whose run ended; like all other samples here, they are on disk.
        failed: Samples made now whose infrastructure failed.
        unscored: Scores made now that could not be told.
        unjudged: Samples made now with a score that is missing because a judge could not be reached.
        bad: Samples made now that fail a threshold.
        unpriced: Samples made now with a cost that is not known.
        uncounted: Runs made now with a model call whose tokens its provider does not tell.
        cost: US dollars of chains and judges together, where prices are known, from the moment when they are spent.
        judge_cost: US dollars of judges alone, where prices are known.
        tokens: Of chains and judges together.
        stopped: Why it ended before its last sample; empty when it did not.
    """

    total: int
    resumed: int = 0
    done: int = 0
    failed: int = 0
    unscored: int = 0
    unjudged: int = 0
    bad: int = 0
    unpriced: int = 0
    uncounted: int = 0
    cost: float = 0.0
    judge_cost: float = 0.0
    tokens: int = 0
    stopped: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def finished(self) -> int:
        """Samples that need no more work now."""
        return self.resumed + self.done + self.failed

    @property
    def missing(self) -> int:
        """Samples made now that are to be made again: something around the chain failed."""
        return self.failed + self.unjudged

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.started

    @property
    def rate(self) -> float:
        """Samples a second."""
        return (self.done + self.failed) / max(self.seconds, 1e-9)

    @property
    def seconds_left(self) -> float | None:
        """Until the last sample, at the pace so far; None before the first."""
        return (self.total - self.finished) / self.rate if self.done + self.failed else None

    def spend(self, sample: SampleRecord) -> None:
        """Counts what a sample used, as soon as it is made: a budget waits for no disk."""
        judged = sample.judged
        self.judge_cost += judged.get("cost") or 0.0
        self.cost += (sample.cost or 0.0) + (judged.get("cost") or 0.0)
        self.tokens += sample.input_tokens + sample.output_tokens
        self.tokens += judged.get("input_tokens", 0) + judged.get("output_tokens", 0)

    def keep(self, sample: SampleRecord) -> None:
        """Counts a sample that is on disk."""
        self.done += sample.status == "ok"
        self.failed += sample.status == "error"
        scores = sample.scores.values()
        self.unscored += sum("unscored" in score for score in scores)
        self.unjudged += sample.status == "ok" and infrastructure_failed(sample)
        self.bad += is_bad(sample)
        self.unpriced += sample.cost is None or sample.judged.get("cost", 0.0) is None

    def unkept(self, budget: Budget) -> str:
        """Why a budget of money or of tokens cannot be kept; empty where it can."""
        if budget.usd is not None and self.unpriced:
            kept, lost, used = f"${budget.usd:g}", self.unpriced, "what {} cost"
        elif budget.tokens is not None and self.uncounted:
            kept, lost, used = counted(budget.tokens, "token"), self.uncounted, "how many {} took"
        else:
            return ""
        told = used.format(f"{lost:,} of {counted(self.done + self.failed, 'sample')}")
        return f"the budget of {kept} cannot be kept: {told} is not known, and counts as nothing"

    def over(self, budget: Budget) -> str:
        """What of a budget is used up; empty for nothing."""
        if budget.usd is not None and self.cost >= budget.usd:
            return f"the budget of ${budget.usd:g} is used up"
        if budget.tokens is not None and self.tokens >= budget.tokens:
            return f"the budget of {counted(budget.tokens, 'token')} is used up"
        if budget.seconds is not None and self.seconds >= budget.seconds:
            return out_of_time(budget)
        return ""


def out_of_time(budget: Budget) -> str:
    """Says that a budget of time is used up."""
    return f"the budget of {budget.seconds:g} s is used up"
