"""Where the rules of monitors stand, and the messages that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

AlertState = Literal["ok", "warning", "alert", "no data"]


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """Where a rule of a monitor stands.

    Attributes:
        monitor: Name of the monitor.
        rule: As it was written.
        state: In which the rule is.
        since: When it began, in nanoseconds since the epoch.
        looked: When it was last looked at.
        said: The state that people know of: the one told last, or a quiet one that nobody had to be told of; empty
            where there is none yet.
        told: When a message was last written; None for never.
        silenced: Until when no message is written; None where it is not silenced.
        pending: The state that the last looks say, where it is another than ``state``; empty where it is the same.
        looks: How many looks in a row said so.
        measure: The figure at the last look: ``value``, ``unit``, ``n``, ``low``, ``high``, …
    """

    monitor: str
    rule: str
    state: AlertState
    since: int
    looked: int
    said: AlertState | Literal[""] = ""
    told: int | None = None
    silenced: int | None = None
    pending: str = ""
    looks: int = 0
    measure: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A message to one channel, kept until it is accepted.

    Attributes:
        id: The same in every attempt, so that a receiver can tell repetitions.
        monitor: Whose rule it is about.
        rule: As it was written.
        channel: Name of the channel.
        body: The message.
        created: Nanoseconds since the epoch.
        due: When the next attempt is made.
        attempts: Made so far.
        accepted: When it was accepted; None while it is not.
        error: What became of the last attempt, where it failed.
    """

    id: str
    monitor: str
    rule: str
    channel: str
    body: dict[str, Any]
    created: int
    due: int
    attempts: int = 0
    accepted: int | None = None
    error: str = ""
