"""A monitor at work: it looks at what arrived, scores what it draws, and tells the figures."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from genops.drift.arrivals import arrived, remembered
from genops.drift.spec import DriftSpec
from genops.drift.watch import Raised, Watch
from genops.drift.windows.traces import NOT_USERS, observed
from genops.errors import ReferenceNotFound, UsageError
from genops.executor import Project, run_sync
from genops.monitoring.feedback import BAD
from genops.monitoring.reading import Evidence, Reading
from genops.monitoring.runs import RecentRuns
from genops.monitoring.sampling import Drawn, Sampling
from genops.monitoring.scoring import TraceScorer
from genops.monitoring.spec import MonitorSpec
from genops.store.records import MonitoredRecord, MonitorRecord, RunFilter, RunRecord

_AT_ONCE = 200
_ASKED_AGAIN = 20


@dataclass(frozen=True, slots=True)
class Look:
    """One look at what arrived.

    Attributes:
        runs: That ended since the last look.
        drawn: Of these, the ones that were drawn.
        again: Earlier ones that were drawn for bad feedback, or whose judge was out of reach.
        unscored: Scores of these that could not be had, as of a judge that is away.
        raised: Alarms of the watches.
    """

    runs: int
    drawn: int
    again: int = 0
    unscored: int = 0
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
    _runs: RecentRuns = field(init=False)
    _kept: MonitorRecord | None = field(init=False)
    _record: MonitorRecord = field(init=False)

    def __post_init__(self) -> None:
        spec, now = self.spec, time.time_ns()
        self._sampling = Sampling(spec.name, spec.rates, spec.strata)
        self._scorer = TraceScorer(self.project, spec.scorers, spec.of, spec.judge)
        self._runs = RecentRuns(self.project.store, spec.chain)
        self._record = MonitorRecord(spec.name, self._scorer.manifest, now, now, 0, now)
        self._go_on()

    @property
    def has_run(self) -> bool:
        """Whether it ever looked."""
        return self._kept is not None

    @property
    def began(self) -> int:
        """Since when runs are its concern, in nanoseconds since the epoch."""
        return self._record.began

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
        return {name: self._watch(name) for name in self.spec.drift}

    def look(self) -> Look:
        """Looks at the runs that ended since the last look, and scores those that are drawn.

        Another process may look too: what it looked at is not looked at again.

        Raises:
            GenopsError: The store fails; what was looked at before is kept.
        """
        self._go_on()
        again, scored, seen = self._again(), list[MonitoredRecord](), 0
        new = self._arrived()
        for start in range(0, len(new), _AT_ONCE):
            runs = new[start : start + _AT_ONCE]
            found = self._scored(self._drawn(runs))
            if not self._keep(self._advanced(runs), found):
                break
            scored, seen = scored + found, seen + len(runs)
        unscored = sum("value" not in score for one in [*again, *scored] for score in one.scores.values())
        raised = [one for name in self.spec.drift for one in self._watched(name)]
        return Look(seen, len(scored), len(again), unscored, tuple(raised))

    def reading(self) -> Reading:
        """What is known now, for the windows of the monitor and of its rules.

        Raises:
            StoreError: The store cannot be read.
        """
        now, record, store = time.time_ns(), self._record, self.project.store
        longest = max([self.spec.over, *(rule.over for rule in self.spec.rules if rule.over is not None)])
        since = max(record.began, now - int(longest * 1e9))
        return Reading(
            now,
            record.began,
            self._runs.since(since),
            [one for one in store.monitored(self.spec.name, since) if one.manifest == record.manifest],
            store.feedback_of_chain(self.spec.chain, NOT_USERS, record.began, since),
            {name: _evidence(self.project, name, watch) for name, watch in self.watches.items()},
            {
                use.name: (use.scorer.range.low, use.scorer.range.high)
                for use in self.spec.scorers
                if use.scorer.range.bounded
            },
            self.spec.rates.largest_weight,
        )

    def _arrived(self) -> list[RunRecord]:
        """Runs of the chain that users asked for, that ended and were not looked at, oldest first."""
        record, wanted = self._record, RunFilter(chain=self.spec.chain)
        return arrived(self.project.store, wanted, record.began, record.cursor, record.latest)

    def _advanced(self, runs: Sequence[RunRecord]) -> MonitorRecord:
        """Where the monitor stands behind some runs."""
        record = self._record
        cursor = min(max(record.cursor, runs[-1].started), time.time_ns())  # whose clock is ahead holds up no other
        seen, latest = record.seen + len(runs), remembered(record.latest, runs, cursor)
        return replace(record, cursor=cursor, seen=seen, latest=latest)

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

    def _again(self) -> list[MonitoredRecord]:
        """Scores runs that were passed over before they got bad feedback, and those whose judge was out of reach.

        One that was scored is surely drawn once it gets bad feedback.
        """
        asked, store = time.time_ns(), self.project.store
        late = {one.run for one in store.feedback(since=self._record.updated) if one.value < BAD}
        late |= self._unanswered(asked)
        runs = [run for run in map(self._stored, sorted(late)) if run is not None and self._is_own(run)]
        known = {
            one.run: one
            for one in store.monitored_runs(self.spec.name, [run.id for run in runs])
            if one.manifest == self._record.manifest and not _is_unanswered(one)
        }
        drawn = self._drawn(runs)
        new = self._scored([(run, found) for run, found in drawn if run.id not in known])
        surer = [
            replace(known[run.id], stratum=found.stratum, probability=found.probability)
            for run, found in drawn
            if run.id in known and found.probability > known[run.id].probability
        ]
        return new if self._keep(replace(self._record, updated=asked), [*new, *surer]) else []

    def _unanswered(self, now: int) -> set[str]:
        """Some of the runs of the window whose judge was out of reach, by chance, so that none bars the others."""
        scored = self.project.store.monitored(self.spec.name, now - int(self.spec.over * 1e9))
        waiting = [one.run for one in scored if one.manifest == self._record.manifest and _is_unanswered(one)]
        return set(random.sample(waiting, min(_ASKED_AGAIN, len(waiting))))

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

    def _go_on(self) -> None:
        """Goes on where this process, or another one, left off."""
        self._kept = self.project.store.monitor(self.spec.name)
        if self._kept is not None:
            self._record = replace(self._kept, manifest=self._scorer.manifest)

    def _keep(self, record: MonitorRecord, scored: Sequence[MonitoredRecord]) -> bool:
        """Keeps where it stands; not where another process looked meanwhile."""
        if not self.project.store.advance_monitor(record, scored, self._kept):
            return False
        self._kept = self._record = record
        return True

    def _watched(self, name: str) -> tuple[Raised, ...]:
        """What a watch raises; one that another process went on with is gone on with from there."""
        try:
            return self.watches[name].look().raised
        except UsageError:
            self.watches[name] = self._watch(name)
            return self.watches[name].look().raised

    def _watch(self, name: str) -> Watch:
        return Watch(DriftSpec.load(name, self.project.settings), self.project)


def _is_unanswered(scored: MonitoredRecord) -> bool:
    """Whether a score is missing because what gives it could not be reached."""
    return any(score.get("infrastructure") for score in scored.scores.values())


def _evidence(project: Project, name: str, watch: Watch) -> Evidence:
    """What a watch has come to, now and at its alarms."""
    record = project.store.drift_watch(name)
    if record is None:
        return Evidence(watch.evidence)
    thresholds = {name: one["evidence"]["threshold"] for name, one in record.state.get("detectors", {}).items()}
    alarms = [(one["at"], one["alarm"]["evidence"] / thresholds[one["state"]]) for one in record.alarms]
    return Evidence(watch.evidence, alarms)
