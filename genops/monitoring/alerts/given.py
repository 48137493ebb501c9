"""What a monitor has, that its rules may name."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from genops.chains import Parsing
from genops.errors import DefinitionError, nearest
from genops.evals.score import Range

if TYPE_CHECKING:
    from genops.monitoring.alerts.rule import Rule


@dataclass(frozen=True, slots=True)
class Given:
    """What a monitor has, that its rules may name.

    Attributes:
        scores: Ranges of what its scorers give, by name.
        drifts: Names of its drift checks.
        channels: Names of its channels.
        release: Whether it names an evaluation that scores are compared with.
    """

    scores: Mapping[str, Range] = field(default_factory=dict)
    drifts: Collection[str] = ()
    channels: Collection[str] = ()
    release: bool = False

    def check(self, rule: Rule, parsing: Parsing) -> None:
        """Sees that the figure of a rule is one of the monitor's, and that it can be beyond the bound.

        Raises:
            DefinitionError: It is none, or can never be; with its line.
        """
        family, _, name = rule.figure.partition(".")
        if family in ("score", "regression") and name not in self.scores:
            raise DefinitionError(
                f"{rule.text!r}: no scorer is called {name!r}", at=parsing.at(), hint=nearest(name, self.scores)
            )
        if family == "regression" and not self.release:
            raise DefinitionError(
                f"{rule.text!r}: the monitor names no evaluation to compare with",
                at=parsing.at(),
                hint="release: eval:NAME",
            )
        if family == "drift" and name not in self.drifts:
            raise DefinitionError(
                f"{rule.text!r}: no drift check of the monitor is called {name!r}",
                at=parsing.at(),
                hint=f"{nearest(name, self.drifts)}; the monitor's `drift:` names them",
            )
        low, high = self._ends(rule.figure)
        if not rule.beyond(high if rule.above else low, rule.bound):
            hint = f"write {rule.bound:g}%" if rule.figure == "error_rate" and 1 < rule.bound <= 100 else None
            raise DefinitionError(
                f"{rule.text!r} can never hold: {rule.figure} goes from {low:g} to {high:g}", at=parsing.at(), hint=hint
            )

    def _ends(self, figure: str) -> tuple[float, float]:
        """Between which a figure lies."""
        family, _, name = figure.partition(".")
        match family:
            case "score":
                return self.scores[name].low, self.scores[name].high
            case "regression":
                width = self.scores[name].high - self.scores[name].low
                return -width, width
            case "feedback":
                return -math.inf, math.inf
            case "error_rate":
                return 0.0, 1.0
            case _:
                return 0.0, math.inf
