"""A watch: detectors that look at every trace as it arrives, and forget nothing when they are stopped.

An item is a run, and where groups are known (the sessions of runs, or what the check's ``group`` says) the first run
of one (:mod:`genops.drift.items`). Where a state gives several rows of a run (the passages that it retrieved), they
count as one by their mean. Runs are looked at in the order in which they started; one that has not ended holds up
those behind it for :data:`~genops.drift.arrivals.PATIENCE` at most, and is then passed over.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from genops.artifacts import digest_of
from genops.drift.arrivals import arrived, remembered
from genops.drift.check import check
from genops.drift.embedding import Vectors
from genops.drift.items import Groups, grouped, rows_digest
from genops.drift.sequential import Alarm, Baseline, Detector
from genops.drift.spec import DriftSpec
from genops.drift.windows import Kind, Window, read_windows
from genops.drift.windows.reference import Sources
from genops.drift.windows.traces import TraceSource, observed
from genops.errors import DefinitionError, GenopsError, InputError, Undecided, UsageError
from genops.executor import Project
from genops.store.records.drift import WatchRecord
from genops.store.records.runs import RunRecord

_AT_ONCE = 500
_REMEMBERED = 2_000
_KEPT = 200


@dataclass(frozen=True, slots=True)
class Raised:
    """An alarm of a watch.

    Attributes:
        state: That changed.
        run: After which that was certain.
        at: Start of that run, in nanoseconds since the epoch.
        since: Start of the run with which the change is thought to have begun; None where that is too long ago to know.
        alarm: What the detector says.
        unit: What its items are: ``"traces"``, ``"sessions"``, ``"groups"``.
        check: Id of the drift check of the runs since the first alarm of the same look; empty where none could be made.
    """

    state: str
    run: str
    at: int
    since: int | None
    alarm: Alarm
    unit: str
    check: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the store.

    Attributes:
        runs: Looked at now.
        seen: Looked at since the watch began.
        items: That these came to, by state.
        raised: Alarms of now.
        evidence: Of a change, by state, as a share of what alarms.
        unread: Why no row of a state could be read, by state.
    """

    runs: int
    seen: int
    items: dict[str, int]
    raised: tuple[Raised, ...]
    evidence: dict[str, float]
    unread: dict[str, str] = field(default_factory=dict)


class Watch:
    """The detectors of a check's states, on the traces of its current window.

    Args:
        spec: The check; its current window names the traces.
        project: Whose traces they are.
        fresh: Whether to begin anew, whatever is kept.

    Attributes:
        spec: The check.
        resumed: Whether it goes on where it was left.
        anew: Why it does not, where one of its name was kept; empty where it goes on, or none was.
        seen: Runs looked at.

    Raises:
        DefinitionError: The current window is none of traces, the check has no name to be kept by, or it names a
            context: a watch cannot tell a changed mix of contexts from a change.
        Undecided: The reference is too small for a detector.
        GenopsError: The reference cannot be read, or there is no such chain.
    """

    def __init__(self, spec: DriftSpec, project: Project, *, fresh: bool = False) -> None:
        if not isinstance(spec.current, TraceSource):
            raise DefinitionError(
                f"a watch looks at traces, and the current window is {spec.current.name}",
                hint="current: traces:chain=NAME",
            )
        if not spec.name:
            raise UsageError("a watch needs a name to be kept by", hint="define the check in evals/NAME.yaml")
        if any(state.context is not None for state in spec.states):
            what = "a watch cannot tell a changed mix of contexts from a change of the rows"
            raise DefinitionError(what, hint="check windows (genops drift check), or watch without `context`")
        self.spec, self._project, self._source = spec, project, spec.current
        self._vectors = Vectors(project.settings, spec.embedder)
        kept = project.store.drift_watch(spec.name)
        windows = None if kept and self._slides else self._reference()
        reference = "" if windows is None or self._slides else rows_digest(windows)
        manifest = self._manifest(reference)
        self.anew = "" if kept is None else self._why_anew(kept, manifest, fresh)
        self.resumed = kept is not None and not self.anew
        if kept is None or self.anew:
            self._source.check(Sources(project.settings, project.store, spec.folder))
            windows = windows or self._reference()
            baselines = {name: self._baseline(name, window) for name, window in windows.items()}
            kept = self._begun(manifest, reference, baselines, windows)
            project.store.open_drift_watch(kept)
        else:
            baselines = {name: Baseline.from_state(state) for name, state in kept.baseline.items()}
        self._record = kept
        come = kept.state.get("groups", {})
        self._groups = {name: Groups.from_state(come[name]) if name in come else Groups() for name in baselines}
        self._detectors = {
            name: Detector.from_state(kept.state["detectors"][name], baseline)
            if name in kept.state.get("detectors", {})
            else Detector(baseline, len(baselines) * spec.watch.average_run)
            for name, baseline in baselines.items()
        }

    @property
    def seen(self) -> int:
        """Runs looked at since it began."""
        return self._record.seen

    @property
    def evidence(self) -> float:
        """Of a change, the greatest of its states, as a share of what alarms."""
        return max(detector.evidence for detector in self._detectors.values())

    @property
    def unit(self) -> str:
        """What an item is: a group where the check says which, a session where any was seen, else a trace."""
        if any(state.group is not None for state in self.spec.states):
            return "groups"
        known = self._record.state["sessions"] or any(groups.known for groups in self._groups.values())
        return "sessions" if known else "traces"

    @property
    def smallest_changes(self) -> dict[str, float]:
        """By state, the least share of new rows that could ever alarm, given the reference and the smallest effect."""
        return {name: detector.baseline.smallest_change for name, detector in self._detectors.items()}

    def look(self, *, explain: bool = True) -> Look:
        """Looks at the runs that ended since the last look, and keeps where it stands.

        Args:
            explain: Whether an alarm is followed by a check of the runs since the change.

        Raises:
            GenopsError: The store or the embedder fails; what was looked at before is kept.
        """
        raised: list[Raised] = []
        unread: dict[str, str] = {}
        kept = self._record
        new = arrived(
            self._project.store, self._source.query.filter(), kept.state["begun"], kept.cursor, kept.state["latest"]
        )
        for start in range(0, len(new), _AT_ONCE):
            runs = new[start : start + _AT_ONCE]
            found = self._taken(runs, unread)
            if found and explain:
                made = self._explained(found)
                found = [replace(one, check=made) for one in found]
            self._keep(runs, found)
            raised += found
        items = {name: detector.items for name, detector in self._detectors.items()}
        evidence = {name: detector.evidence for name, detector in self._detectors.items()}
        return Look(len(new), self.seen, items, tuple(raised), evidence, unread)

    def follow(self, told: Callable[[Look], None]) -> None:
        """Looks again and again, until it is interrupted.

        Args:
            told: Is told of every look that found runs.
        """
        while True:
            found = self.look()
            if found.runs:
                told(found)
            time.sleep(self.spec.watch.every)

    @property
    def _slides(self) -> bool:
        """Whether the reference's rows are those of when the watch began: of traces that come and are pruned."""
        return isinstance(self.spec.reference, TraceSource)

    def _reference(self) -> dict[str, Window]:
        """The items of the reference, by state: as many rows as the check compares at most."""
        sources = Sources(self._project.settings, self._project.store, self.spec.folder)
        observations = self.spec.reference.observations(sources, self.spec)
        read = read_windows(observations, self.spec.states, self.spec.reference.name)
        for window in read.values() if self._slides else ():  # what runs do not have here, those that come have not
            for name in window.unread:
                raise window.unreadable(name)
        return {name: Groups().first(window)[0].drawn(self.spec.rows, self.spec.seed) for name, window in read.items()}

    def _why_anew(self, kept: WatchRecord, manifest: str, fresh: bool) -> str:
        if fresh:
            return "as was asked"
        if kept.manifest == manifest:
            return ""
        same = kept.manifest == self._manifest(kept.state.get("reference", ""))
        return f"the rows of {self.spec.reference.name} have changed" if same else "its definition has changed"

    def _manifest(self, reference: str) -> str:
        """Everything that the detectors follow from.

        Args:
            reference: Digest of the reference's rows.
        """
        states = [
            {"name": state.name, "of": repr(state.of), "kind": state.kind, "group": repr(state.group)}
            for state in self.spec.states
        ]
        embedder = self._vectors.identity() if any(state.kind in (None, "text") for state in self.spec.states) else {}
        return digest_of(
            {
                "reference": self.spec.reference.name,
                "reference_rows": reference,
                "current": self._source.name,
                "states": states,
                "embedder": embedder,
                "average_run": self.spec.watch.average_run,
                "smallest": self.spec.smallest,
                "rows": self.spec.rows,
                "seed": self.spec.seed,
            }
        )

    def _baseline(self, name: str, window: Window) -> Baseline:
        smallest, seed = self.spec.smallest, self.spec.seed
        try:
            match window.kind:
                case "number":
                    return Baseline.of_numbers(window.values, window.ids, smallest=smallest, seed=seed)
                case "category":
                    return Baseline.of_categories(window.values, window.ids, smallest=smallest, seed=seed)
                case _:
                    vectors = self._vectors.of(window)
                    assert vectors is not None
                    return Baseline.of_vectors(vectors, window.ids, smallest=smallest, seed=seed)
        except InputError as error:
            counted = f"{name}: {error.message}" + (", as rows of one group count as one" if grouped(window) else "")
            raise Undecided(counted, hint=error.hint) from None

    def _begun(
        self, manifest: str, reference: str, baselines: dict[str, Baseline], windows: dict[str, Window]
    ) -> WatchRecord:
        now = time.time_ns()
        since = self._source.query.filter().since
        states = {name: baseline.state() for name, baseline in baselines.items()}
        cursor = now if since is None else since - 1
        sessions = self._slides and any(map(grouped, windows.values()))
        kinds: dict[str, Kind] = {name: window.kind for name, window in windows.items()}
        state = {"kinds": kinds, "reference": reference, "sessions": sessions, "begun": cursor, "latest": {}}
        return WatchRecord(self.spec.name, manifest, cursor, 0, now, states, state)

    def _taken(self, runs: Sequence[RunRecord], unread: dict[str, str]) -> list[Raised]:
        """Gives the rows of runs to the detectors; a state of which none can be read is passed over."""
        observations = list(observed(self._project.store, list(runs), self.spec))
        read, come = [], {}
        for state in self.spec.states:
            known = replace(state, kind=self._record.state["kinds"][state.name])
            try:
                window = read_windows(observations, [known], self._source.name)[state.name]
            except UsageError as error:
                unread[state.name] = error.message
                continue
            window, come[state.name] = self._groups[state.name].first(window)
            if len(window):
                values = window.values if window.kind in ("number", "category") else self._vectors.of(window)
                read.append((state.name, window, values))
        self._groups |= come  # not before all is read: what fails is looked at again
        return [raised for name, window, values in read for raised in self._detected(name, window, values)]

    def _detected(self, name: str, window: Window, values: Any) -> list[Raised]:
        """Gives rows to the detector of a state."""
        detector = self._detectors[name]
        first = detector.items
        items = list(dict.fromkeys(window.ids))
        alarms = detector.update(values, window.ids)
        starts = dict(zip(window.ids, window.times.tolist(), strict=True)) if window.times is not None else {}
        whole = dict(zip(window.ids, window.runs, strict=True))
        recent = self._recent(name)
        recent.update({first + place: starts.get(item) for place, item in enumerate(items)})
        found = []
        for alarm in alarms:
            item = items[alarm.item - first]
            found.append(Raised(name, whole[item], starts.get(item, 0), recent.get(alarm.since), alarm, self.unit))
        self._record.state.setdefault("recent", {})[name] = [
            [number, at] for number, at in list(recent.items())[-_REMEMBERED:]
        ]
        return found

    def _recent(self, name: str) -> dict[int, int | None]:
        """When the last items of a state started, by their numbers."""
        return dict(self._record.state.get("recent", {}).get(name, []))

    def _keep(self, runs: Sequence[RunRecord], raised: Sequence[Raised]) -> None:
        before = self._record
        cursor = min(max(before.cursor, runs[-1].started), time.time_ns())  # a clock that is ahead holds up no other
        state = {
            **before.state,
            "latest": remembered(before.state["latest"], runs, cursor),
            "detectors": {name: one.state() for name, one in self._detectors.items()},
            "groups": {name: one.state() for name, one in self._groups.items()},
        }
        alarms = [*before.alarms, *(asdict(one) for one in raised)][-_KEPT:]
        self._record = replace(
            before,
            cursor=cursor,
            seen=before.seen + len(runs),
            updated=time.time_ns(),
            state=state,
            alarms=alarms,
        )
        if not self._project.store.advance_drift_watch(self._record, before):
            raise UsageError(
                f"{self.spec.name}: another process goes on with this watch, or it was forgotten",
                hint="one process a watch: define the check under another name for a second one",
            )

    def _explained(self, raised: Sequence[Raised]) -> str:
        """The id of a check of the runs since a change; empty where they cannot be compared.

        One for all alarms of a look: while a change lasts, detectors that begin anew find it again and again.
        """
        since = min(self._record.cursor if one.since is None else one.since for one in raised)
        until = max(one.at for one in raised) + 1_000_000_000
        query = self._source.query.model_copy(update={"since": _iso(since), "until": _iso(until)})
        window = TraceSource(query, f"chain={query.chain},since={query.since},until={query.until}")
        try:
            return check(replace(self.spec, current=window), self._project).id
        except GenopsError:
            return ""


def _iso(nanoseconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).isoformat()
