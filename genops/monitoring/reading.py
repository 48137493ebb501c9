"""What a monitor knows at a moment: read once, and told for any window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from genops.evals.score import Range
from genops.evals.summary import Measure
from genops.monitoring.figures import Figures
from genops.monitoring.release import AtRelease, SinceRelease
from genops.monitoring.runs import Runs
from genops.store.records.monitoring import FeedbackRecord, MonitoredRecord
from genops.tracing.moments import shown_moment


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of drift, as a share of what alarms.

    Attributes:
        now: The greatest of the states of a watch.
        alarms: When the runs started that alarms were certain with, in nanoseconds since the epoch, and their evidence.
    """

    now: float
    alarms: Sequence[tuple[int, float]] = ()

    def since(self, moment: int) -> float:
        """The greatest since a moment.

        Behind an alarm a detector begins anew: what it had come to counts for as long as the alarm is in the window.
        """
        return max([self.now, *(share for at, share in self.alarms if at >= moment)])


@dataclass(frozen=True)
class Reading:
    """What a monitor knows at a moment.

    Attributes:
        at: The moment, in nanoseconds since the epoch.
        began: Since when runs are its concern.
        runs: That ended.
        scored: Of these, the ones that were drawn.
        feedback: That was given, each with the session of its run.
        drift: By the name of the watch.
        broken: What is wrong with watches of which nothing is known, by name.
        ranges: Of the scores of the monitor's scorers.
        largest_weight: That a score can have.
        release: What scores are compared with; None for nothing.
    """

    at: int
    began: int
    runs: Runs
    scored: Sequence[MonitoredRecord]
    feedback: Sequence[tuple[FeedbackRecord, str]]
    drift: Mapping[str, Evidence]
    broken: Mapping[str, str]
    ranges: Mapping[str, Range]
    largest_weight: float
    release: AtRelease | None
    _figures: dict[float, Mapping[str, Measure]] = field(default_factory=dict, init=False)

    def figures(self, over: float) -> Mapping[str, Measure]:
        """Every figure of the last seconds; no further back than the reading goes.

        Args:
            over: How many.
        """
        if over not in self._figures:
            self._figures[over] = self._of(over).all()
        return self._figures[over]

    def since_release(self, over: float) -> tuple[SinceRelease, ...]:
        """The scores of the last seconds beside those at release."""
        return self._of(over).since_release()

    def judged(self, over: float) -> list[Mapping[str, Any]]:
        """What judges used, of each run of the last seconds that they were asked about."""
        return [one.judged for one in self.scored if one.started >= self.since(over) and one.judged]

    def since(self, over: float) -> int:
        """The beginning of the window of so many seconds."""
        return self.at - int(over * 1e9)

    def _of(self, over: float) -> Figures:
        since = self.since(over)
        return Figures(
            self.runs[self.runs["key"] >= since],
            [one for one in self.scored if one.started >= since],
            [one for one in self.feedback if one[0].created >= since],
            {name: evidence.since(since) for name, evidence in self.drift.items()},
            self.ranges,
            self.largest_weight,
            f"counted since {shown_moment(self.began)}, when the monitor began" if since < self.began else "",
            self.release,
            self.broken,
        )
