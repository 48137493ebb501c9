"""A monitor at work: it looks at what arrived, scores what it draws, and tells the figures."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from genops.drift.arrivals import arrived, remembered
from genops.drift.spec import DriftSpec
from genops.drift.watch import Raised, Watch
from genops.drift.windows.traces import NOT_USERS, observed
from genops.errors import ReferenceNotFound
from genops.evals.summary import Measure
from genops.executor import Project, run_sync
from genops.monitoring.feedback import BAD
from genops.monitoring.figures import Figures
from genops.monitoring.sampling import Drawn, Sampling
from genops.monitoring.scoring import TraceScorer
from genops.monitoring.spec import MonitorSpec
from genops.store.records import MonitoredRecord, MonitorRecord, RunFilter, RunRecord

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Look:
    """One look at what arrived.

    Attributes:
        runs: That ended since the last look.
        scored: Of these, and of earlier ones that got bad feedback, the ones that were scored.
        raised: Alarms of the watches.
    """

    runs: int
    scored: int
    raised: tuple[Raised, ...] = ()


@dataclass
class Monitor:
    """A monitor of a project. Where it stands is kept after every look, so that a restart forgets and repeats nothing.

    Attributes:
        spec: Its definition.
        project: Whose runs it watches.
    """

    spec: MonitorSpec
    project: Project
    _sampling: Sampling = field(init=False)
    _scorer: TraceScorer = field(init=False)
    _record: MonitorRecord = field(init=False)

    def __post_init__(self) -> None:
        spec = self.spec
        self._sampling = Sampling(spec.name, spec.rates, spec.strata)
        self._scorer = TraceScorer(self.project, spec.scorers, spec.of, spec.judge)
        now = time.time_ns()
        kept = self.project.store.monitor(spec.name)
        manifest = self._scorer.manifest
        self._record = MonitorRecord(spec.name, manifest, now, now, 0, now) if kept is None else kept
        self._record = replace(self._record, manifest=manifest)

    @property
    def seen(self) -> int:
        """Runs looked at since it began."""
        return self._record.seen

    @cached_property
    def watches(self) -> dict[str, Watch]:
        """The watches that it runs, by the name of their check.

        Raises:
            GenopsError: A check is not there, is none that can be watched, or its reference cannot be read.
        """
        settings = self.project.settings
        return {name: Watch(DriftSpec.load(name, settings), self.project) for name in self.spec.drift}

    def look(self) -> Look:
        """Looks at the runs that ended since the last look, and scores those that are drawn.

        Raises:
            GenopsError: The store fails; what was looked at before is kept.
        """
        scored = self._again()
        new = self._arrived()
        for start in range(0, len(new), _AT_ONCE):
            runs = new[start : start + _AT_ONCE]
            found = self._scored(self._drawn(runs))
            self._keep(self._advanced(runs), found)
            scored += len(found)
        raised = [one for watch in self.watches.values() for one in watch.look().raised]
        return Look(len(new), scored, tuple(raised))

    def figures(self, over: float) -> dict[str, Measure]:
        """Every figure of the last seconds.

        Args:
            over: How many.
        """
        since = max(self._record.began, time.time_ns() - int(over * 1e9))
        store = self.project.store
        runs = [run for run in self._runs(since) if run.ended is not None]
        scored = [one for one in store.monitored(self.spec.name, since) if one.manifest == self._record.manifest]
        known = {run.id for run in runs}
        feedback = [one for one in store.feedback(since=since) if one.run in known]
        ends = {
            use.name: (use.scorer.range.low, use.scorer.range.high)
            for use in self.spec.scorers
            if use.scorer.range.bounded
        }
        return Figures(runs, scored, feedback, self._evidence(since), ends).all()

    def _evidence(self, since: int) -> dict[str, float]:
        """Of drift, by watch: the greatest of its states, as a share of what alarms.

        Behind an alarm a detector begins anew: what it had come to counts for as long as the alarm is in the window.
        """
        return {name: max(watch.evidence, _alarmed(self.project, name, since)) for name, watch in self.watches.items()}

    def _arrived(self) -> list[RunRecord]:
        """Runs of the chain that users asked for, that ended and were not looked at, oldest first."""
        record, wanted = self._record, RunFilter(chain=self.spec.chain)
        return arrived(self.project.store, wanted, record.began, record.cursor, record.latest)

    def _advanced(self, runs: Sequence[RunRecord]) -> MonitorRecord:
        """Where the monitor stands behind some runs."""
        record = self._record
        cursor = max(record.cursor, runs[-1].started)
        seen, latest = record.seen + len(runs), remembered(record.latest, runs, cursor)
        return replace(record, cursor=cursor, seen=seen, latest=latest)

    def _runs(self, since: int) -> Sequence[RunRecord]:
        """Runs of the chain that users asked for, oldest first."""
        found = self.project.store.iter_runs(RunFilter(chain=self.spec.chain, since=since))
        return [run for run in found if run.mode not in NOT_USERS][::-1]

    def _drawn(self, runs: Sequence[RunRecord]) -> list[tuple[RunRecord, Drawn]]:
        store = self.project.store
        bad = {one.run for one in store.feedback([run.id for run in runs]) if one.value < BAD}
        variables = dict(self._variables(runs))
        drawn = []
        for run in runs:
            found = self._sampling.draw(run, variables.get(run.id, {}), bad_feedback=run.id in bad)
            if found is not None:
                drawn.append((run, found))
        return drawn

    def _variables(self, runs: Sequence[RunRecord]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """What the expressions of strata read of runs; nothing where there are none."""
        if self.spec.strata:
            for observation in observed(self.project.store, list(runs), self._sampling):
                yield observation.run, observation.variables

    def _scored(self, drawn: Sequence[tuple[RunRecord, Drawn]]) -> list[MonitoredRecord]:
        manifest = self._record.manifest
        results = run_sync(self._scorer.scores([run for run, _ in drawn]))
        return [
            MonitoredRecord(run.id, run.started, manifest, found.stratum, found.probability, scores, judged)
            for (run, found), (scores, judged) in zip(drawn, results, strict=True)
        ]

    def _again(self) -> int:
        """Scores runs that were passed over, or drawn with a smaller probability, before they got bad feedback."""
        asked = time.time_ns()
        late = {one.run for one in self.project.store.feedback(since=self._record.updated) if one.value < BAD}
        runs = [run for run in map(self._stored, sorted(late)) if run is not None and self._is_own(run)]
        found = self._scored(self._drawn(runs))
        self._keep(replace(self._record, updated=asked), found)
        return len(found)

    def _stored(self, run: str) -> RunRecord | None:
        """A run; None where it was deleted."""
        try:
            return self.project.store.run(run)
        except ReferenceNotFound:
            return None

    def _is_own(self, run: RunRecord) -> bool:
        """Whether a run is one that was looked at."""
        own = run.chain == self.spec.chain and run.mode not in NOT_USERS and run.ended is not None
        return own and self._record.began <= run.started <= self._record.cursor

    def _keep(self, record: MonitorRecord, scored: Sequence[MonitoredRecord]) -> None:
        self._record = record
        self.project.store.advance_monitor(record, scored)


def _alarmed(project: Project, watch: str, since: int) -> float:
    """The greatest evidence of a watch's alarms by runs since then, as a share of what alarms; 0 without any."""
    record = project.store.drift_watch(watch)
    if record is None:
        return 0.0
    thresholds = {name: one["evidence"]["threshold"] for name, one in record.state.get("detectors", {}).items()}
    recent = [one for one in record.alarms if one["at"] >= since]
    return max((one["alarm"]["evidence"] / thresholds[one["state"]] for one in recent), default=0.0)
