"""The one message of a monitor: what every channel tells, each in its own form."""

from __future__ import annotations

import hashlib
import json
import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from genops.evals.schema import closed
from genops.evals.summary import Measure
from genops.monitoring.alerts.harmless import one_line
from genops.monitoring.alerts.rule import Rule, Sign
from genops.monitoring.alerts.state import Notice
from genops.store.records.alerts import AlertRecord, AlertState

VERSION = 1
EXAMPLES = 3
_STATES: tuple[AlertState, ...] = ("ok", "warning", "alert", "no data")


@dataclass(frozen=True, slots=True)
class Example:
    """A run that shows what is meant.

    Attributes:
        run: Its id.
        text: What happened in it, in a line; users may have written it.
    """

    run: str
    text: str

    @property
    def command(self) -> str:
        """The command that shows it."""
        return f"genops trace show {self.run}"


@dataclass(frozen=True, slots=True)
class FigureTold:
    """A figure as a message tells it.

    Attributes:
        name: As the rule names it.
        value: None where there is none.
        unit: ``share`` (0 to 1), ``score``, ``s``, ``USD``, ``tokens`` or ``traces``.
        n: Observations.
        low: Lower end of its interval; None where there is none.
        high: Upper end; None beside a lower end where the value is a lower bound.
        level: Of confidence.
        sign: On which side of the bound it is bad.
        bound: In the figure's unit.
        over: Seconds that it is of.
        missing: Why there is no value, no interval or no upper end, and what was left out; empty where nothing is.
    """

    name: str
    value: float | None
    unit: str
    n: int
    low: float | None
    high: float | None
    level: float
    sign: Sign
    bound: float
    over: float
    missing: str = ""

    @classmethod
    def of(cls, rule: Rule, measure: Measure, over: float) -> FigureTold:
        """What a rule looked at.

        Args:
            rule: Which.
            measure: The figure.
            over: Seconds of the monitor's window, for a rule that has none of its own.
        """
        return cls(
            rule.figure,
            _finite(measure.value),
            measure.unit,
            measure.n,
            _finite(measure.low),
            _finite(measure.high),
            measure.level,
            rule.sign,
            rule.bound,
            rule.over or over,
            one_line(measure.missing),
        )


@dataclass(frozen=True, slots=True)
class Message:
    """What is told of a rule.

    Attributes:
        id: The same in every attempt, and of no other message.
        monitor: Name of the monitor.
        chain: Name of the chain that it watches.
        rule: As it was written.
        state: In which the rule is.
        before: What was told last; empty where nothing was.
        reminder: Whether it is nothing new.
        since: When the state began (RFC 3339, UTC).
        at: When the message was written.
        repeat: Seconds until the next reminder; None where there is none.
        figure: What the rule is about.
        links: Commands that show more, by what they show.
        examples: Runs, three at most.
        recipients: Of a mail that some have accepted: those who have not yet; empty for all.
    """

    id: str
    monitor: str
    chain: str
    rule: str
    state: AlertState
    before: AlertState | Literal[""]
    reminder: bool
    since: str
    at: str
    repeat: float | None
    figure: FigureTold
    links: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    recipients: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        notice: Notice,
        record: AlertRecord,
        rule: Rule,
        measure: Measure,
        *,
        chain: str = "",
        over: float,
        links: Mapping[str, str] | None = None,
        examples: Sequence[Example] = (),
        channel: str = "",
    ) -> Message:
        """The message that a look wants, for a channel.

        Its id follows from what was known before: a look that is made again gives the same message.

        Args:
            notice: What is to be told.
            record: Where the rule stands.
            rule: Which.
            measure: Its figure.
            chain: That the monitor watches.
            over: Seconds of the monitor's window.
            links: Further commands.
            examples: Runs, worst first.
            channel: Name of the channel.
        """
        last = ("first", record.since) if notice.last is None else ("last", notice.last)
        known = [record.monitor, rule.text, notice.before, notice.state, notice.reminder, *last, channel]
        monitor = shlex.quote(record.monitor)
        return cls(
            id=hashlib.sha256(json.dumps(known).encode()).hexdigest()[:32],
            monitor=record.monitor,
            chain=chain,
            rule=rule.text,
            state=notice.state,
            before=notice.before,
            reminder=notice.reminder,
            since=moment_text(record.since),
            at=moment_text(record.looked),
            repeat=rule.repeat,
            figure=FigureTold.of(rule, measure, over),
            links={
                "status": f"genops monitor status {monitor}",
                **(links or {}),
                "silence": f"genops monitor silence {shlex.quote(rule.text)} --monitor {monitor} --for 2h",
            },
            examples=tuple(Example(one.run, one_line(one.text)) for one in examples[:EXAMPLES]),
        )

    @classmethod
    def sample(cls, monitor: str, chain: str, identity: str, now: int) -> Message:
        """A message that says nothing but that a channel works (``genops monitor test``)."""
        figure = FigureTold("traces", 0.0, "traces", 0, None, None, 0.95, ">", 0.0, 86_400.0)
        at = moment_text(now)
        links = {"status": f"genops monitor status {shlex.quote(monitor)}"}
        return cls(identity, monitor, chain, "a test of this channel", "ok", "", False, at, at, None, figure, links)

    @property
    def firing(self) -> bool:
        """Whether there is something to do."""
        return self.state in ("warning", "alert")

    def body(self) -> dict[str, Any]:
        """The message as JSON (:func:`message_schema`)."""
        figure = self.figure
        return {
            "version": VERSION,
            "id": self.id,
            "monitor": self.monitor,
            "chain": self.chain,
            "rule": self.rule,
            "state": self.state,
            "before": self.before or None,
            "reminder": self.reminder,
            "since": self.since,
            "at": self.at,
            "repeat": self.repeat,
            "figure": {name: getattr(figure, name) for name in FigureTold.__slots__},
            "links": dict(self.links),
            "examples": [{"run": one.run, "text": one.text, "command": one.command} for one in self.examples],
            **({"recipients": list(self.recipients)} if self.recipients else {}),
        }

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Message:
        """A message that was kept as JSON."""
        return cls(
            **{
                name: body[name]
                for name in ("id", "monitor", "chain", "rule", "state", "reminder", "since", "at", "repeat", "links")
            },
            before=body["before"] or "",
            figure=FigureTold(**body["figure"]),
            examples=tuple(Example(one["run"], one["text"]) for one in body["examples"]),
            recipients=tuple(body.get("recipients", ())),
        )


def message_schema() -> dict[str, Any]:
    """The JSON Schema of the message that webhooks and commands get."""
    text, number, time = {"type": "string"}, {"type": ["number", "null"]}, {"type": "string", "format": "date-time"}
    state = {"enum": list(_STATES)}
    figure = {
        "name": text,
        "value": number,
        "unit": text,
        "n": {"type": "integer"},
        "low": number,
        "high": number,
        "level": {"type": "number"},
        "sign": {"enum": [">", ">=", "<", "<="]},
        "bound": {"type": "number"},
        "over": {"type": "number", "description": "seconds up to `at`"},
        "missing": {**text, "description": "why there is no value, no interval or no upper end; what was left out"},
    }
    example = {"run": text, "text": text, "command": text}
    properties = {
        "version": {"const": VERSION},
        "id": {**text, "description": "the same in every attempt; two messages with one id are one message"},
        "monitor": text,
        "chain": text,
        "rule": text,
        "state": state,
        "before": {"enum": [*_STATES, None], "description": "what was told last"},
        "reminder": {"type": "boolean"},
        "since": {**time, "description": "when the state began"},
        "at": {**time, "description": "when the message was written: by this, messages of a rule are in order"},
        "repeat": {**number, "description": "seconds until the next reminder"},
        "figure": {**closed(figure), "required": list(figure)},
        "links": {"type": "object", "additionalProperties": text, "description": "commands, by what they show"},
        "examples": {
            "type": "array",
            "maxItems": EXAMPLES,
            "items": {**closed(example), "required": list(example)},
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "genops alert message",
        **closed(properties),
        "required": list(properties),
    }


def moment_text(nanoseconds: int) -> str:
    """A moment as RFC 3339 writes it, in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(nanoseconds // 1_000_000 / 1_000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
