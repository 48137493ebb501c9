"""Drift checks, and where watches stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class DriftRecord:
    """A drift check that was made.

    Attributes:
        id: 32 hexadecimal digits; how people name it.
        check: Name of its definition; empty for one that was asked for by options alone.
        reference: The reference window, as people wrote it.
        current: The current window, as people wrote it.
        started: Nanoseconds since the epoch.
        ended: Nanoseconds since the epoch.
        verdict: What came of it.
        body: All that reports show.
    """

    id: str
    check: str
    reference: str
    current: str
    started: int
    ended: int
    verdict: Literal["quiet", "drift", "undecided"]
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WatchRecord:
    """Where a watch stands: what it needs to go on as if it had never stopped.

    Attributes:
        watch: Its name.
        manifest: Digest of everything that its detectors were fitted to; another one starts anew.
        cursor: Start of the last run that was looked at, in nanoseconds since the epoch.
        seen: Runs looked at.
        updated: Nanoseconds since the epoch.
        baseline: What its detectors compare with, by the state that each watches: written once.
        state: Of its detectors.
        alarms: What was raised, oldest first.
    """

    watch: str
    manifest: str
    cursor: int
    seen: int
    updated: int
    baseline: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    alarms: list[dict[str, Any]] = field(default_factory=list)
