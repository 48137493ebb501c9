"""Which traces are scored: by a rate, more often where it matters, and always known how likely each was to be drawn.

Each run has a number between 0 and 1 that follows from its id alone. It is drawn where that is below the greatest rate
that applies to it: so a restart draws the same runs, and a run that gets bad feedback later on is drawn the more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from genops.chains import evaluate, is_true, reads_of
from genops.errors import InputError
from genops.store.records.runs import RunRecord

Rate = Annotated[float, Field(ge=0, le=1)]


class Rates(BaseModel):
    """How many of the traces are scored.

    Attributes:
        rate: Of all.
        errors: Of those whose run failed.
        feedback: Of those with bad feedback.
        strata: Of those for which an expression is true, by the expression.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rate: Rate = 0.1
    errors: Rate = 1.0
    feedback: Rate = 1.0
    strata: dict[str, Rate] = Field(default_factory=dict)

    @property
    def largest_weight(self) -> float:
        """The most that a drawn run can weigh: the inverse of the least rate by which any is drawn."""
        rates = (self.rate, self.errors, self.feedback, *self.strata.values())
        return 1 / min((rate for rate in rates if rate > 0), default=1.0)


@dataclass(frozen=True, slots=True)
class Drawn:
    """That a run is scored.

    Attributes:
        stratum: The rule with the greatest rate: ``all``, ``errors``, ``feedback``, or an expression.
        probability: With which it was drawn.
    """

    stratum: str
    probability: float


@dataclass(frozen=True)
class Sampling:
    """Draws runs.

    Attributes:
        monitor: Name of the monitor: another one draws other runs.
        rates: Of runs.
        strata: The expressions of ``rates.strata``, compiled.
    """

    monitor: str
    rates: Rates
    strata: Mapping[str, Any]

    def draw(self, run: RunRecord, variables: Mapping[str, Any], *, bad_feedback: bool) -> Drawn | None:
        """Whether a run is scored, and how likely that was; None where it is not.

        Args:
            run: That ended.
            variables: What expressions of strata read.
            bad_feedback: Whether a user was not content.
        """
        applying = {"all": self.rates.rate}
        if run.status == "error":
            applying["errors"] = self.rates.errors
        if bad_feedback:
            applying["feedback"] = self.rates.feedback
        applying.update(
            (name, self.rates.strata[name]) for name, each in self.strata.items() if _holds(each, variables)
        )
        stratum = max(applying, key=lambda name: applying[name])
        return Drawn(stratum, applying[stratum]) if self._number(run.id) < applying[stratum] else None

    def reads(self, root: str) -> bool:
        """Whether an expression of a stratum reads a variable."""
        return any(read.root == root for condition in self.strata.values() for read in reads_of(condition))

    def _number(self, run: str) -> float:
        return int.from_bytes(hashlib.sha256(f"{self.monitor}\n{run}".encode()).digest()[:7]) / 2**56


def _holds(condition: Any, variables: Mapping[str, Any]) -> bool:
    """Whether an expression is true; one that reads what is not there is not."""
    try:
        return is_true(evaluate(condition, variables))
    except InputError:
        return False
