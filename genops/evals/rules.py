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
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from genops.chains import Parsing
from genops.errors import DefinitionError, Location, nearest
from genops.evals.fields import field_of
from genops.evals.score import Range

About: TypeAlias = Literal["dataset", "sweep", "population"]

PASSED = "passed"
"""The metric that is 1 where a sample passes every threshold."""
OVERALL = "overall"
"""The metric that is the weighted mean of a sample's bounded scores, where the suite gives weights."""
GATE_KEYS = ("rules", "alpha", "about")
LEAST_ALPHA = 1e-12
"""Of less, what is left of a level of confidence is lost in rounding."""
_Alpha = Annotated[float, Field(ge=LEAST_ALPHA, lt=1)]
_LEAST_BETTER = 1e-6
"""Who is as good is not better."""
_SEED_DIGITS = 12
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NAME = r"[^\s<>]\S*?(?: (?!by )[^\s<>]\S*?)*?"
"""Of a metric or a baseline: words, as the combinations of a matrix of variants have them."""
_ABSOLUTE = re.compile(
    rf"(?P<metric>{_NAME})\s*(?P<sign>>=|<=)\s*(?P<bound>{_NUMBER})(?:\s+for\s+(?P<share>{_NUMBER})\s*%)?"
)
_AGAINST = re.compile(
    rf"(?:(?P<metric>{_NAME})\s+)?(?P<how>not worse|better) than (?P<baseline>{_NAME})"
    rf"(?:\s+by\s+(?P<margin>{_NUMBER}))?"
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
        margin: What the difference to the baseline must be at least: negative for ``not worse``, above 0 for
            ``better``.
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
            margin, better = float(found["margin"] or 0.0), found["how"] == "better"
            if margin < 0:
                raise DefinitionError(f"{cleaned!r}: a margin is not below 0", at=at)
            return cls(
                cleaned,
                found["metric"] or PASSED,
                "against",
                baseline=found["baseline"],
                margin=max(margin, _LEAST_BETTER) if better else -margin,
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
        return self.bound <= values.high if self.sign == ">=" else self.bound >= values.low

    def can_fail(self, values: Range) -> bool:
        """Whether its bound is within a range of scores, or its margin narrower than that."""
        if self.kind == "against":
            return self.margin > values.low - values.high
        return self.bound >= values.low if self.sign == ">=" else self.bound <= values.high

    @classmethod
    def _absolute(cls, text: str, found: re.Match[str], at: Location | None) -> Rule:
        sign: Literal[">=", "<="] = ">=" if found["sign"] == ">=" else "<="
        if found["share"] is None:
            return cls(text, found["metric"], "mean", sign, float(found["bound"]))
        share = float(found["share"]) / 100
        if not 0 < share <= 1:
            raise DefinitionError(f"{text!r}: a share is above 0% and at most 100%", at=at)
        return cls(text, found["metric"], "share", sign, float(found["bound"]), share)


@dataclass(frozen=True, slots=True)
class Gate:
    """What must hold, and how certain that must be.

    Attributes:
        rules: All of them must hold.
        alpha: How often the gate may be wrong in either direction, at most.
        about: What is claimed: the mean over these units as they are, the cases of a ``dataset`` or the attacks of a
            ``sweep``; or over the ``population`` that they were drawn from.
    """

    rules: tuple[Rule, ...]
    alpha: float = 0.05
    about: About = "dataset"

    def body(self) -> dict[str, Any]:
        """What verdicts follow from, as plain data."""
        return {"rules": [rule.text for rule in self.rules], "alpha": self.alpha, "about": self.about}


def parse_gate(raw: Any, ranges: Mapping[str, Range], noun: str, about: About, parsing: Parsing) -> Gate:
    """Reads a gate: its rules alone, or a mapping with them.

    Args:
        raw: As it is written.
        ranges: Of what rules may be about, by name.
        noun: What those are called: ``scorer``.
        about: What is claimed unless it says ``population``.
        parsing: Where it stands.

    Raises:
        DefinitionError: It is none, or a rule cannot be tested.
    """
    data = {"rules": raw} if isinstance(raw, (str, list)) else raw
    if not isinstance(data, dict) or not data.get("rules"):
        name, values = next(iter(ranges.items()))
        hint = f"gate: [{name} <= 0.1]" if values.lower_is_better else f"gate: [{name} >= 0.9]"
        raise DefinitionError("a gate needs `rules:`", at=parsing.at(), hint=hint)
    for key in data:
        if key not in GATE_KEYS:
            hint = nearest(str(key), GATE_KEYS)
            raise DefinitionError(f"unknown key {key!r} in a gate", at=parsing.at(key), hint=hint)
    where = parsing.below("rules") if isinstance(raw, dict) else parsing
    texts = [data["rules"]] if isinstance(data["rules"], str) else data["rules"]
    rules = tuple(
        _parse_rule(field_of(str, text, "rules", where.below(number)), ranges, noun, where.below(number))
        for number, text in enumerate(field_of(list, texts, "rules", parsing))
    )
    claim: About = field_of(About, data.get("about", about), "about", parsing)
    if claim not in (about, "population"):
        raise DefinitionError(f"`about`: it is the {about!r} or the 'population'", at=parsing.at("about"))
    return Gate(rules, field_of(_Alpha, data.get("alpha", 0.05), "alpha", parsing), claim)


def _parse_rule(text: str, ranges: Mapping[str, Range], noun: str, parsing: Parsing) -> Rule:
    rule = Rule.parse(text, parsing.at())
    values = ranges.get(rule.metric)
    if values is None:
        raise DefinitionError(
            f"{rule.text!r}: no {noun} is called {rule.metric!r}", at=parsing.at(), hint=nearest(rule.metric, ranges)
        )
    if rule.kind != "share" and not values.bounded:
        raise DefinitionError(
            f"{rule.text!r}: {rule.metric} has no upper bound, so that its mean cannot be gated",
            at=parsing.at(),
            hint=f"gate the share of samples within a limit: {rule.metric} <= 2 for 95%",
        )
    if rule.kind == "mean" and (rule.sign == "<=") is not values.lower_is_better:
        better = "smaller" if values.lower_is_better else "larger"
        raise DefinitionError(f"{rule.text!r}: of {rule.metric} the {better} values are better", at=parsing.at())
    if not rule.can_hold(values):
        raise DefinitionError(f"{rule.text!r} can never hold: {rule.metric} goes from {values}", at=parsing.at())
    if not rule.can_fail(values):
        raise DefinitionError(
            f"{rule.text!r} can never fail: {rule.metric} goes from {values}",
            at=parsing.at(),
            hint="write 5% or 5 points as 0.05",
        )
    return rule


def order_seed(digest: str) -> int:
    """The seed of the order in which a comparison asks, from the digest of all that is compared.

    Whoever mends a chain on what ran first meets something else first the next time; and who runs the same comparison
    again, wherever that is, draws no second time.
    """
    return int(digest[:_SEED_DIGITS], 16)
