"""The rules of a gate, as people write them.

======================================================  ==========================================================
rule                                                    holds when
======================================================  ==========================================================
``faithfulness >= 0.9``                                 the mean score is at least so high
``ter <= 0.3``                                          the mean of a score whose small values are good is so low
``latency <= 2 for 95%``                                at least so many samples are within the limit
``contains not worse than answer@git:main by 0.02``     the mean is at most so much below the baseline's
``contains better than answer@production by 0.01``      the mean is at least so much above the baseline's
``passed >= 0.95``                                      at least so many samples pass every threshold
======================================================  ==========================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from genops.errors import DefinitionError, Location
from genops.evals.score import Range

PASSED = "passed"
"""The metric that is 1 where a sample passes every threshold."""
OVERALL = "overall"
"""The metric that is the weighted mean of a sample's bounded scores, where the suite gives weights."""
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_ABSOLUTE = re.compile(
    rf"(?P<metric>\S+)\s*(?P<sign>>=|<=)\s*(?P<bound>{_NUMBER})(?:\s+for\s+(?P<share>{_NUMBER})\s*%)?"
)
_AGAINST = re.compile(
    rf"(?:(?P<metric>\S+)\s+)?(?P<how>not worse|better) than (?P<baseline>\S+)(?:\s+by\s+(?P<margin>{_NUMBER}))?"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a gate.

    Attributes:
        text: As it was written.
        metric: Name of a scorer's entry, or ``passed``.
        kind: ``mean``, ``share`` of samples within a limit, or ``against`` a baseline.
        sign: Which side is good.
        bound: Of the mean; the limit of a ``share``.
        share: The least share (0 to 1) of samples within the limit; 1 where the rule is no ``share``.
        baseline: Reference of the baseline's chain; empty for none.
        margin: What the difference to the baseline must be at least: negative for ``not worse``.
    """

    text: str
    metric: str
    kind: Literal["mean", "share", "against"]
    sign: Literal[">=", "<="] = ">="
    bound: float = 0.0
    share: float = 1.0
    baseline: str = ""
    margin: float = 0.0

    @classmethod
    def parse(cls, text: str, at: Location | None = None) -> Rule:
        """Reads a rule.

        Raises:
            DefinitionError: It is none.
        """
        cleaned = " ".join(text.split())
        if found := _ABSOLUTE.fullmatch(cleaned):
            return cls._absolute(cleaned, found, at)
        if found := _AGAINST.fullmatch(cleaned):
            margin = float(found["margin"] or 0.0)
            if margin < 0:
                raise DefinitionError(f"{cleaned!r}: a margin is not below 0", at=at)
            return cls(
                cleaned,
                found["metric"] or PASSED,
                "against",
                baseline=found["baseline"],
                margin=margin if found["how"] == "better" else -margin,
            )
        raise DefinitionError(
            f"{text!r} is not a rule",
            at=at,
            hint="as in `faithfulness >= 0.9`, `latency <= 2 for 95%` or `contains not worse than answer@2 by 0.02`",
        )

    def can_hold(self, values: Range) -> bool:
        """Whether any scores of a range fulfil it."""
        if self.kind == "against":
            return self.margin <= values.high - values.low
        if self.kind == "share":
            return True
        return self.bound <= values.high if self.sign == ">=" else self.bound >= values.low

    @classmethod
    def _absolute(cls, text: str, found: re.Match[str], at: Location | None) -> Rule:
        sign: Literal[">=", "<="] = ">=" if found["sign"] == ">=" else "<="
        if found["share"] is None:
            return cls(text, found["metric"], "mean", sign, float(found["bound"]))
        share = float(found["share"]) / 100
        if not 0 < share <= 1:
            raise DefinitionError(f"{text!r}: a share is above 0% and at most 100%", at=at)
        return cls(text, found["metric"], "share", sign, float(found["bound"]), share)
