"""A monitor at work: it looks at what arrived, scores what it draws, and tells the figures."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from genops.drift.arrivals import arrived, remembered
from genops.drift.watch import Raised
from genops.drift.windows.traces import NOT_USERS, observed
from genops.errors import ReferenceNotFound
from genops.executor import Project, run_sync
from genops.monitoring.feedback import BAD
from genops.monitoring.lease import leased
from genops.monitoring.reading import Reading
from genops.monitoring.release import Release
from genops.monitoring.runs import RecentRuns
from genops.monitoring.sampling import Drawn, Sampling
from genops.monitoring.scoring import TraceScorer
from genops.monitoring.spec import MonitorSpec
from genops.monitoring.watches import Watches
from genops.store.records.monitoring import MonitoredRecord, MonitorRecord
from genops.store.records.runs import RunFilter, RunRecord

_AT_ONCE = 200
_ASKED_AGAIN = 20
_HOUR = 3_600 * 10**9


@dataclass(frozen=True, slots=True)
class Look:
    """One look at what arrived.

    Attributes:
        runs: That ended since the last look.
        drawn: Of these, the ones that were drawn.
        again: Earlier ones that were drawn for bad feedback, or whose judge was out of reach.
        unscored: Scores of these that could not be had, as of a judge that is away.
        raised: Alarms of the watches.
        anew: Why watches that were kept began anew, by their names.
        is_busy: Whether another process was at it, and nothing was looked at.
    """

    runs: int
    drawn: int
    again: int = 0
    unscored: int = 0
    raised: tuple[Raised, ...] = ()
    anew: Mapping[str, str] = field(default_factory=dict)
    is_busy: bool = False


@dataclass
class Monitor:
    """A monitor of a project. Where it stands is kept after every look, so that a restart forgets and repeats nothing.

    Attributes:
        spec: Its definition.
        project: Whose runs it watches.
        release: The evaluation that scores are compared with; None for none.
        watches: Of drift.
    """

    spec: MonitorSpec
    project: Project
    release: Release | None = field(init=False)
    watches: Watches = field(init=False)
    _sampling: Sampling = field(init=False)
    _scorer: TraceScorer = field(init=False)
    _runs: RecentRuns = field(init=False)
    _kept: MonitorRecord | None = field(init=False)
    _record: MonitorRecord = field(init=False)

    def __post_init__(self) -> None:
        spec, now = self.spec, time.time_ns()
        self.watches = Watches(self.project, spec.drift)
        self._sampling = Sampling(spec.name, spec.rates, spec.strata)
        self._scorer = TraceScorer(self.project, spec.scorers, spec.of, spec.judge)
        self._runs = RecentRuns(self.project.store, spec.chain)
        self.release = Release(self.project.store, self.project.settings, spec.release) if spec.release else None
        self._record = MonitorRecord(spec.name, self._scorer.manifest, now, now, 0, now)
        self._go_on()

    @classmethod
    def load(cls, name: str, project: Project) -> Monitor:
        """The monitor of ``evals/NAME.yaml``, or of a file by its path.

        Raises:
            ReferenceNotFound: There is none; the message lists the nearest names.
            DefinitionError: It is no monitor; with the line.
        """
        return cls(MonitorSpec.load(name, project.settings), project)

    @property
    def has_run(self) -> bool:
        """Whether it ever looked."""
        return self._kept is not None

    @property
    def began(self) -> int:
        """Since when runs are its concern, in nanoseconds since the epoch."""
        return self._record.began

    @property
    def forgotten(self) -> int:
        """Scores of runs that started before it are not kept, in nanoseconds since the epoch; 0 where all are."""
        return self._record.kept

    @property
    def manifest(self) -> str:
        """Digest of what its scores follow from, but for the traces."""
        return self._record.manifest

    @property
    def seen(self) -> int:
        """Runs looked at since it began."""
        return self._record.seen

    def look(self) -> Look:
        """Looks at the runs that ended since the last look, and scores those that are drawn.

        Another process may look too: what it looked at is not looked at again, and while it does, nothing is.

        Raises:
            GenopsError: The store fails; what was looked at before is kept.
        """
        self._go_on()
        if self._kept is None and not self._keep(self._record, ()):
            self._go_on()
        with leased(self.project.store, self.spec.name) as is_mine:
            if not is_mine:
                return Look(0, 0, is_busy=True)
            self._go_on()
            return self._looked()

    def _looked(self) -> Look:
        again, scored, seen = self._again(), list[MonitoredRecord](), 0
        new = self._arrived()
        for start in range(0, len(new), _AT_ONCE):
            runs = new[start : start + _AT_ONCE]
            found = self._scored(self._drawn(runs))
            if not self._keep(self._advanced(runs), found):
                break
            scored, seen = scored + found, seen + len(runs)
        unscored = sum("value" not in score for one in [*again, *scored] for score in one.scores.values())
        raised = self.watches.look()
        return Look(seen, len(scored), len(again), unscored, raised, self.watches.begun_anew())

    def reading(self) -> Reading:
        """What is known now, for the windows of the monitor and of its rules.

        Raises:
            StoreError: The store cannot be read.
        """
        now, record, store = time.time_ns(), self._record, self.project.store
        since = max(record.began, now - int(self.spec.longest * 1e9))
        drift, broken = self.watches.evidence()
        return Reading(
            now,
            record.began,
            self._runs.since(since),
            [one for one in store.monitored(self.spec.name, since) if one.manifest == record.manifest],
            store.feedback_of_chain(self.spec.chain, NOT_USERS, record.began, since),
            drift,
            broken,
            self.spec.ranges,
            self.spec.rates.largest_weight,
            None if self.release is None else self.release.read(),
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
        before = {
            one.run: one
            for one in store.monitored_runs([run.id for run in runs], self.spec.name)
            if one.manifest == self._record.manifest
        }
        known = {run: one for run, one in before.items() if not _is_unanswered(one)}
        drawn = self._drawn(runs)
        scored = self._scored([(run, found) for run, found in drawn if run.id not in known])
        new = [replace(one, judged=_in_all(before[one.run], one)) if one.run in before else one for one in scored]
        surer = [
            replace(known[run.id], stratum=found.stratum, probability=found.probability)
            for run, found in drawn
            if run.id in known and found.probability > known[run.id].probability
        ]
        stands = replace(self._record, updated=asked, kept=self._kept_from(asked))
        return new if self._keep(stands, [*new, *surer]) else []

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
        first = max(self._record.began, self._record.kept)
        return own and first <= run.started <= self._record.cursor

    def _kept_from(self, now: int) -> int:
        """Before when scores are not kept; it moves on every hour, and never back, so that nothing is scored twice."""
        before = now - int(self.spec.keep * 1e9)
        return before if before > self._record.kept + _HOUR else self._record.kept

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


def _is_unanswered(scored: MonitoredRecord) -> bool:
    """Whether a score is missing because what gives it could not be reached."""
    return any(score.get("infrastructure") for score in scored.scores.values())


def _in_all(before: MonitoredRecord, now: MonitoredRecord) -> dict[str, Any]:
    """What judges used that were asked twice; what is not known of one is not known of both."""
    found = dict(before.judged)
    for name, used in now.judged.items():
        other = found.get(name, 0)
        found[name] = None if used is None or other is None else used + other
    return found
