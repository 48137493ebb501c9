"""Feedback, where monitors stand and what they scored, rules and messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class FeedbackRecord:
    """What a user thought of an answer.

    Attributes:
        run: Id of the run that gave it.
        name: Of what was judged: ``feedback`` where nothing is said.
        value: From 0 (bad) to 1 (good).
        comment: In the user's words, redacted.
        author: Who said so.
        created: Nanoseconds since the epoch.
    """

    run: str
    name: str
    value: float
    comment: str
    author: str
    created: int


class EndedRun(NamedTuple):
    """What is counted and measured of a run that ended.

    Attributes:
        key: Orders runs by their start: nanoseconds since the epoch, the first that was free.
        took: Nanoseconds.
        failed: Whether it ended with an error.
        cost: US dollars; None when the price of a call is unknown.
        tokens: Input and output together.
        session: That it is part of; None for none.
    """

    key: int
    took: int
    failed: bool
    cost: float | None
    tokens: int
    session: str | None


@dataclass(frozen=True, slots=True)
class MonitorRecord:
    """Where a monitor stands.

    Attributes:
        monitor: Its name.
        manifest: Digest of what its scores follow from.
        began: Nanoseconds since the epoch: earlier runs are not its concern.
        cursor: Start of the last run that was looked at, in nanoseconds since the epoch.
        seen: Runs looked at.
        updated: Until when feedback was looked at, in nanoseconds since the epoch.
        latest: The runs that were looked at last, with their start: those whose records may come again.
        kept: What it scored of runs that started earlier was deleted, in nanoseconds since the epoch.
        lease: Until when a process has it to itself to score, unless that says otherwise; 0 for none.
    """

    monitor: str
    manifest: str
    began: int
    cursor: int
    seen: int
    updated: int
    latest: dict[str, int] = field(default_factory=dict)
    kept: int = 0
    lease: int = 0


@dataclass(frozen=True, slots=True)
class MonitoredRecord:
    """A run that a monitor drew and scored.

    Attributes:
        run: Its id.
        started: Nanoseconds since the epoch.
        manifest: Digest of what the scores follow from.
        stratum: Why it was drawn: ``all``, ``errors``, ``feedback``, or the expression of a stratum.
        probability: With which it was drawn, above 0 and at most 1.
        scores: As those of a :class:`SampleRecord`.
        judged: What the judges used, as that of a :class:`SampleRecord`.
    """

    run: str
    started: int
    manifest: str
    stratum: str
    probability: float
    scores: dict[str, Any] = field(default_factory=dict)
    judged: dict[str, Any] = field(default_factory=dict)
