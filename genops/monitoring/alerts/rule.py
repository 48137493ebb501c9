"""The rules of a monitor, as people write them: what is bad.

============================  =======================================================================
rule                          is about
============================  =======================================================================
``error_rate > 0.05``         a figure of the monitor's own window (``5%`` is the same bound)
``latency.p95 > 2 s over 1h`` a figure of a window of the rule's own
``score.faithfulness < 0.8``  the mean of a scorer's scores
``regression.correct > 0.05`` by how much a score is worse than at release
``drift.questions > 1``       the evidence of drift, as a share of what alarms
============================  =======================================================================
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from genops.chains import Parsing
from genops.errors import DefinitionError, nearest
from genops.evals.fields import Positive, field_of
from genops.evals.schema import closed
from genops.monitoring.alerts.given import Given
from genops.monitoring.durations import Duration, seconds_of
from genops.monitoring.figures import QUANTILES, REGRESSION

Sign: TypeAlias = Literal[">", ">=", "<", "<="]

LEAST = 10
"""Observations without which a mean, share or quantile is judged by no rule, where the rule does not say."""
_UNITS = {
    "traces": "traces",
    "error_rate": "share",
    **{f"latency.{quantile}": "s" for quantile in QUANTILES},
    "cost.mean": "USD",
    "cost.total": "USD",
    "cost.judges": "USD",
    "tokens.mean": "tokens",
}
_OF_FAMILY = {"score": "score", "regression": "score", "feedback": "score", "drift": "share"}
_ALWAYS = {"traces", "cost.total", "cost.judges"}
_FACTORS = {
    "s": ("s", 1.0),
    "ms": ("s", 1e-3),
    "min": ("s", 60.0),
    "%": ("share", 0.01),
    "USD": ("USD", 1.0),
    "$": ("USD", 1.0),
    "tokens": ("tokens", 1.0),
    "traces": ("traces", 1.0),
}
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"(?P<dollar>\$\s*)?(?P<number>{_NUMBER})\s*(?P<unit>%|[A-Za-z]+)?")
_RULE = re.compile(r"(?P<figure>\S+)\s*(?P<sign>>=|<=|>|<)\s*(?P<bound>.+?)(?:\s+over\s+(?P<over>\S.*))?")
_GLUED = re.compile(r"(?P<figure>[^\s<>=]+)(?P<rest>[<>].*)")
_KEYS = ("rule", "warn", "clear", "for", "over", "least", "repeat", "to")
_HINT = "as in `error_rate > 0.05`, `latency.p95 > 2 s over 1h` or `score.faithfulness < 0.8`"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a monitor.

    Attributes:
        text: As it was written, with the window where it has one of its own; unique in the monitor.
        figure: What it is about.
        sign: On which side of the bound the figure is bad.
        bound: In the figure's unit.
        warn: A milder bound, which an interval must be beyond to warn; None for none.
        clear: What the estimate must be back behind for the rule to be well again; None for the bound, with a margin.
        looks: Looks in a row that must say the same before the state changes.
        over: Seconds that the figure is of; None for the monitor's window.
        least: Observations below which nothing is said.
        repeat: Seconds between reminders while it lasts; None for none.
        to: Names of the channels that are told; empty for all.
    """

    text: str
    figure: str
    sign: Sign
    bound: float
    warn: float | None = None
    clear: float | None = None
    looks: int = 1
    over: float | None = None
    least: int = LEAST
    repeat: float | None = None
    to: tuple[str, ...] = ()

    @property
    def above(self) -> bool:
        """Whether large values are the bad ones."""
        return self.sign in (">", ">=")

    @property
    def warns(self) -> bool:
        """Whether an estimate beyond the bound is worth a warning: without any change half of all are worse than 0."""
        return not self.figure.startswith(REGRESSION) or self.bound > 0

    def beyond(self, value: float, bound: float) -> bool:
        """Whether a value is on the bad side of a bound."""
        if self.sign == ">":
            return value > bound
        if self.sign == ">=":
            return value >= bound
        return value < bound if self.sign == "<" else value <= bound


def parse_rules(raw: Any, parsing: Parsing, given: Given) -> tuple[Rule, ...]:
    """Reads a monitor's ``rules``.

    Args:
        raw: As it is written.
        parsing: Where it stands.
        given: What the monitor has.

    Raises:
        DefinitionError: One is no rule, can never hold, or names what is not there; with its line.
    """
    rules: dict[str, Rule] = {}
    for number, entry in enumerate(field_of(list, raw, "rules", Parsing(parsing.file, parsing.keys[:-1]))):
        below = parsing.below(number)
        rule = parse_rule(entry, below, given.channels)
        given.check(rule, below)
        if rule.text in rules:
            raise DefinitionError(f"the rule {rule.text!r} is there twice", at=below.at())
        rules[rule.text] = rule
    return tuple(rules.values())


def parse_rule(raw: Any, parsing: Parsing, channels: Collection[str] = ()) -> Rule:
    """Reads one rule: its text, or a mapping with it.

    Raises:
        DefinitionError: It is none; with its line.
    """
    data = {"rule": raw} if isinstance(raw, str) else raw
    if not isinstance(data, dict) or not isinstance(data.get("rule"), str):
        raise DefinitionError("a rule is a text, or a mapping with `rule:`", at=parsing.at(), hint=_HINT)
    for key in data:
        if key not in _KEYS:
            raise DefinitionError(f"unknown key {key!r} in a rule", at=parsing.at(key), hint=nearest(str(key), _KEYS))
    text = " ".join(data["rule"].split())
    if glued := _GLUED.fullmatch(text):
        text = f"{glued['figure']} {glued['rest']}"
    found = _RULE.fullmatch(text)
    if found is None:
        raise DefinitionError(f"{data['rule']!r} is not a rule", at=parsing.at(), hint=_HINT)
    figure, sign = found["figure"], _sign(found["sign"])
    text = f"{figure} {sign} {found['bound']}" + (f" over {found['over']}" if found["over"] else "")
    unit = _unit_of(figure, parsing)
    over = found["over"]
    if "over" in data:
        if over is not None:
            raise DefinitionError(f"{text!r} says already over what it is", at=parsing.at("over"))
        over = data["over"] if isinstance(data["over"], str) else f"{data['over']}s"
        text = f"{text} over {over}"
    bound = _quantity(found["bound"], unit, text, parsing)
    rule = Rule(
        text,
        figure,
        sign,
        bound,
        warn=_optional(data, "warn", unit, parsing),
        clear=_optional(data, "clear", unit, parsing),
        looks=field_of(Positive, data.get("for", 1), "for", parsing),
        over=None if over is None else _duration(over, text, parsing),
        least=field_of(
            Annotated[int, Field(ge=0, strict=True)], data.get("least", _least_of(figure)), "least", parsing
        ),
        repeat=field_of(Duration, data["repeat"], "repeat", parsing) if "repeat" in data else None,
        to=_channels(data.get("to", ()), channels, parsing),
    )
    _check_sides(rule, parsing)
    return rule


def rule_schema() -> dict[str, Any]:
    """The JSON Schema of an entry of ``rules``."""
    duration = {
        "anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?\s*[smhdw]$"}]
    }
    text = {"type": "string", "pattern": "[<>]", "description": _HINT}
    quantity = {"type": ["number", "string"]}
    names = {"type": "array", "items": {"type": "string"}}
    properties = {
        "rule": text,
        "warn": {**quantity, "description": "a milder bound: it warns where the whole interval is beyond it"},
        "clear": {**quantity, "description": "what the figure must be back behind for the rule to be well again"},
        "for": {"type": "integer", "minimum": 1, "default": 1, "description": "looks in a row before it changes"},
        "over": {**duration, "description": "window of the figure; default the monitor's"},
        "least": {"type": "integer", "minimum": 0, "description": "fewer observations are no data"},
        "repeat": {**duration, "description": "between reminders while it lasts"},
        "to": {"anyOf": [{"type": "string"}, names], "description": "channels that are told; default all"},
    }
    return {"anyOf": [text, {**closed(properties), "required": ["rule"]}]}


def _sign(text: str) -> Sign:
    signs: dict[str, Sign] = {">": ">", ">=": ">=", "<": "<", "<=": "<="}
    return signs[text]


def _unit_of(figure: str, parsing: Parsing) -> str:
    if figure in _UNITS:
        return _UNITS[figure]
    family, _, name = figure.partition(".")
    if family in _OF_FAMILY and name:
        return _OF_FAMILY[family]
    known = [*_UNITS, *(f"{family}.NAME" for family in _OF_FAMILY)]
    raise DefinitionError(f"no figure is called {figure!r}", at=parsing.at(), hint=nearest(figure, known))


def _least_of(figure: str) -> int:
    """Counts and sums are known however little there is, and the evidence of drift counts its own traces."""
    return 0 if figure in _ALWAYS else 1 if figure.startswith("drift.") else LEAST


def _quantity(written: Any, unit: str, what: str, parsing: Parsing, key: str | None = None) -> float:
    """A number in a unit: ``0.05``, ``5%``, ``2 s``, ``800 ms``, ``$0.01``."""
    at = parsing.at() if key is None else parsing.at(key)
    found = _QUANTITY.fullmatch(str(written).strip()) if isinstance(written, (str, int, float)) else None
    if found is None or isinstance(written, bool):
        raise DefinitionError(f"{what}: {written!r} is no number", at=at, hint=_HINT)
    given = "$" if found["dollar"] else found["unit"]
    if given is None:
        value = float(found["number"])
    else:
        kind, factor = _FACTORS.get(given, ("", 1.0))
        if kind != unit or (found["dollar"] and found["unit"]):
            fits = [name for name, (of, _) in _FACTORS.items() if of == unit]
            hint = f"write {' or '.join(fits)}, or nothing" if fits else "write the number alone"
            raise DefinitionError(f"{what}: {given!r} is no unit of this figure", at=at, hint=hint)
        value = float(found["number"]) * factor
    if not math.isfinite(value):
        raise DefinitionError(f"{what}: {written!r} is no finite number", at=at)
    return value


def _optional(data: Mapping[str, Any], key: str, unit: str, parsing: Parsing) -> float | None:
    return _quantity(data[key], unit, f"`{key}`", parsing, key) if key in data else None


def _duration(written: str, text: str, parsing: Parsing) -> float:
    try:
        seconds = float(seconds_of(written))
    except ValueError as error:
        raise DefinitionError(f"{text!r}: {error}", at=parsing.at()) from None
    if seconds <= 0:
        raise DefinitionError(f"{text!r}: a window is longer than nothing", at=parsing.at())
    return seconds


def _channels(raw: Any, known: Collection[str], parsing: Parsing) -> tuple[str, ...]:
    names = field_of(tuple[str, ...], (raw,) if isinstance(raw, str) else raw, "to", parsing)
    for number, name in enumerate(names):
        if name not in known:
            at = parsing.at("to", number) if isinstance(raw, list) else parsing.at("to")
            raise DefinitionError(f"no channel is called {name!r}", at=at, hint=nearest(name, known))
    return tuple(dict.fromkeys(names))


def _check_sides(rule: Rule, parsing: Parsing) -> None:
    """Sees that the milder bounds are milder."""
    milder, sign = ("below", "<") if rule.above else ("above", ">")
    for key, value in (("warn", rule.warn), ("clear", rule.clear)):
        if value is not None and value != rule.bound and rule.above is (value > rule.bound):
            raise DefinitionError(
                f"`{key}` is on the bad side of the bound of {rule.text!r}",
                at=parsing.at(key),
                hint=f"it is {milder} it: {key} {sign} {rule.bound:g}",
            )
