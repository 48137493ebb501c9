"""The store of a project: what every other package uses."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any

from sqlalchemy import Engine

from genops.artifacts import Component, Lock
from genops.errors import StoreUnavailable
from genops.store import (
    campaigns,
    components,
    deletion,
    drift,
    engine_spans,
    evaluations,
    monitoring,
    runs,
    serving,
    versions,
)
from genops.store.database import Database
from genops.store.records import (
    AlertRecord,
    CacheKind,
    CacheSize,
    CampaignRecord,
    DeliveryRecord,
    DriftRecord,
    EndedRun,
    EngineFiguresRecord,
    EngineSpan,
    EvalRecord,
    FeedbackRecord,
    FindingRecord,
    LabelMove,
    LoadTestRecord,
    MemoEntry,
    MonitoredRecord,
    MonitorRecord,
    PriceRecord,
    RunFilter,
    RunRecord,
    SampleRecord,
    ServedRecord,
    SpanRecord,
    StoreCounts,
    TryRecord,
    VersionRecord,
    WatchRecord,
)
from genops.store.writer import Writer


class Store:
    """A database of runs, components and versions. Every method may be called from any thread.

    Every method that reads or writes raises :class:`~genops.errors.StoreError` when the database fails or a row is
    damaged. What was handed to :attr:`writer` shows in queries once it is flushed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._writer: Writer | None = None
        self._making = threading.Lock()
        _open_stores.add(self)

    @classmethod
    def open(cls, url: str) -> Store:
        """Opens a store, makes it when there is none, and migrates it when it is older.

        Args:
            url: ``sqlite:///PATH`` or ``postgresql://USER@HOST/DATABASE``.

        Raises:
            StoreError: The URL names neither, the file is no store, a newer genops wrote it, or it cannot be reached
                or written now.
        """
        database = Database(url)
        database.engine()
        return cls(database)

    @classmethod
    def open_for_runs(cls, url: str) -> Store:
        """As :meth:`open`, but a store that cannot be reached or written now is open too: runs go on without it.

        Meanwhile the writer keeps what it is given, tries again and tells people, lookups in the caches find nothing,
        and everything else raises :class:`~genops.errors.StoreUnavailable`.

        Raises:
            StoreError: The URL names no store, the file is none, or a newer genops wrote it.
        """
        database = Database(url)
        with contextlib.suppress(StoreUnavailable):
            database.run_engine()
        return cls(database)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The database URL, without its password."""
        return self._database.name

    @property
    def _engine(self) -> Engine:
        return self._database.engine()

    @property
    def writer(self) -> Writer:
        """The background writer, made when first asked for."""
        if self._writer is None:
            with self._making:
                if self._writer is None:
                    self._writer = Writer(self._database)
        return self._writer

    def close(self) -> None:
        """Writes what waits and gives back the connections."""
        if self._writer is not None:
            self._writer.close()
        self._database.dispose()
        _open_stores.discard(self)

    def runs(self, wanted: RunFilter | None = None, limit: int = 50, before: str | None = None) -> list[RunRecord]:
        """Runs that fit, newest first.

        Args:
            wanted: Which; all when not given.
            limit: How many at most.
            before: Whole id of a run: only older ones; the last of a page asks for the next page.

        Raises:
            ReferenceNotFound: There is no run ``before``.
            InputError: ``wanted.text`` has no word in it.
        """
        return runs.find_runs(self._engine, wanted or RunFilter(), limit, before)

    def iter_runs(self, wanted: RunFilter | None = None) -> Iterator[RunRecord]:
        """All runs that fit, newest first, in flat memory."""
        return runs.iterate_runs(self._engine, wanted or RunFilter())

    def run(self, prefix: str) -> RunRecord:
        """The run whose id, or the id of the trace that it joined, begins with ``prefix`` (4 digits or more).

        Raises:
            ReferenceNotFound: None does, or several do; the message lists candidates.
        """
        return runs.find_run(self._engine, prefix)

    def spans(self, run_id: str) -> list[SpanRecord]:
        """The spans of a run, given by its whole id, in the order of starting.

        Raises:
            ReferenceNotFound: There is no such run.
        """
        return runs.find_spans(self._engine, run_id)

    def payload(self, digest: str) -> bytes | None:
        """The bytes of a payload, written or still waiting; None when there is none."""
        waiting = self._writer.waiting_payload(digest) if self._writer else None
        return waiting if waiting is not None else self.payloads([digest]).get(digest)

    def payloads(self, digests: Iterable[str]) -> dict[str, bytes]:
        """The written payloads among ``digests``."""
        return runs.find_payloads(self._engine, digests)

    def counts(self) -> StoreCounts:
        """How much there is."""
        return runs.count_rows(self._engine)

    def delete(self, run_ids: Sequence[str]) -> StoreCounts:
        """Deletes runs by their whole ids, with the payloads that nothing else uses; what was deleted."""
        return deletion.delete_runs(self._engine, run_ids)

    def prune(self, before: int, keep_last: int | None = None, status: str | None = None) -> StoreCounts:
        """Deletes old runs, with the payloads that nothing else uses.

        Args:
            before: Runs that started before this, nanoseconds since the epoch.
            keep_last: The newest runs of the store that stay in any case.
            status: Only runs with this status.

        Returns:
            What was deleted.
        """
        return deletion.prune_runs(self._engine, before, keep_last, status)

    def lock(self, prefix: str) -> Lock:
        """The lock whose digest begins with ``prefix``.

        Raises:
            ReferenceNotFound: None does, or several do.
        """
        return components.find_lock(self._engine, prefix)

    def component(self, prefix: str, kind: str | None = None) -> Component:
        """The component, of a kind if given, whose digest begins with ``prefix``.

        Raises:
            ReferenceNotFound: None does, or several do.
        """
        return components.find_component(self._engine, prefix, kind)

    def components_of(self, lock_digest: str) -> list[Component]:
        """The components of a lock, in the order of its entries; empty when the store does not have the lock."""
        return components.find_components_of(self._engine, lock_digest)

    def memo_results(self, keys: Sequence[str]) -> dict[str, tuple[MemoEntry, bytes]]:
        """What was memoised under some keys, written or still waiting, with the payloads that are still there."""
        entries = {key: MemoEntry.decode(value) for key, value in self._cached("memo", keys).items()}
        waiting = self._writer.waiting_payload if self._writer else lambda _: None
        payloads = {entry.payload: data for entry in entries.values() if (data := waiting(entry.payload)) is not None}
        missing = {entry.payload for entry in entries.values()} - payloads.keys()
        payloads |= self.payloads(missing) if missing else {}
        return {key: (entry, payloads[entry.payload]) for key, entry in entries.items() if entry.payload in payloads}

    def memo_has(self, beginning: str) -> bool:
        """Whether anything was memoised under a key that begins so, written or still waiting."""
        if self._writer is not None and self._writer.has_waiting("memo", beginning):
            return True
        return runs.has_cached(self._database.run_engine(), "memo", beginning)

    def memo_put(self, key: str, entry: MemoEntry) -> None:
        """Memoises a result, whose payload the writer has, in the background; what it cannot write is not memoised."""
        self.writer.cache("memo", key, entry.encode())

    def cached_response(self, key: str) -> bytes | None:
        """The response that was cached under a key."""
        return self._cached("response", [key]).get(key)

    def cache_response(self, key: str, response: bytes) -> None:
        """Caches a response in the background."""
        self.writer.cache("response", key, response)

    def cache_sizes(self) -> list[CacheSize]:
        """How much the memo and the response cache hold."""
        return runs.cache_sizes(self._engine)

    def clear_cache(self, kind: CacheKind) -> int:
        """Empties the memo or the response cache; the number of entries there were."""
        if self._writer is not None:
            self._writer.flush()
        return deletion.delete_cached(self._engine, kind)

    def _cached(self, kind: CacheKind, keys: Sequence[str]) -> dict[str, bytes]:
        """A run's lookup: it finds nothing, and does not wait, while the database is known to be in trouble."""
        waiting = self._writer.waiting_cache if self._writer else lambda _kind, _key: None
        found = {key: value for key in keys if (value := waiting(kind, key)) is not None}
        troubled = not self._database.ready or (self._writer is not None and self._writer.trouble is not None)
        if troubled or len(found) == len(keys):
            return found
        try:
            return found | runs.find_cached(
                self._database.run_engine(), kind, [key for key in keys if key not in found]
            )
        except StoreUnavailable:
            return found

    def publish_version(
        self,
        kind: str,
        name: str,
        digest: str,
        closure: Lock,
        parts: Sequence[Component],
        message: str,
        author: str,
    ) -> tuple[VersionRecord, bool]:
        """Publishes a closure; the version, and False when this closure was published before."""
        return versions.insert_version(self._engine, kind, name, digest, closure, parts, message, author)

    def move_label(
        self, kind: str, name: str, label: str, number: int, message: str, author: str, *, rollback: bool = False
    ) -> LabelMove:
        """Points a label to a version."""
        return versions.insert_move(self._engine, kind, name, label, number, message, author, rollback)

    def versions(self, kind: str, name: str) -> list[VersionRecord]:
        """The published versions of a name, oldest first."""
        return versions.find_versions(self._engine, kind, name)

    def label_moves(self, kind: str, name: str, label: str | None = None) -> list[LabelMove]:
        """The history of a name's labels, or of one label, oldest first."""
        return versions.find_moves(self._engine, kind, name, label)

    def published_names(self, kind: str) -> list[str]:
        """The names of a kind that were published, sorted."""
        return versions.published_names(self._engine, kind)

    def published_digests(self, kind: str) -> set[str]:
        """Digests of the components of a kind in the closures of all published versions."""
        return versions.published_digests(self._engine, kind)

    def seen_digests(self, kind: str, name: str, prefix: str) -> list[tuple[str, str]]:
        """Digests that a name had in any lock and that begin with ``prefix``, each with one such lock's digest."""
        return versions.seen_digests(self._engine, kind, name, prefix)

    def open_evaluation(self, record: EvalRecord) -> None:
        """Opens the record of an evaluation."""
        evaluations.insert_evaluation(self._engine, record)

    def change_evaluation(self, evaluation: str, **values: Any) -> None:
        """Changes fields of an evaluation, by its whole id."""
        evaluations.update_evaluation(self._engine, evaluation, values)

    def add_samples(self, evaluation: str, samples: Sequence[SampleRecord]) -> None:
        """Writes samples of an evaluation, by its whole id; they are on disk when this returns."""
        evaluations.insert_samples(self._engine, evaluation, samples)

    def evaluation(self, prefix: str) -> EvalRecord:
        """The evaluation whose id begins with ``prefix`` (4 digits or more).

        Raises:
            ReferenceNotFound: None does, or several do.
        """
        return evaluations.find_evaluation(self._engine, prefix)

    def evaluations(
        self, suite: str | None = None, name: str | None = None, manifest: str | None = None, limit: int = 50
    ) -> list[EvalRecord]:
        """Evaluations that fit, newest first."""
        return evaluations.find_evaluations(self._engine, suite, name, manifest, limit)

    def samples(self, evaluation: str) -> Iterator[SampleRecord]:
        """The samples of an evaluation, by its whole id, in the order of their numbers, in flat memory."""
        return evaluations.iterate_samples(self._engine, evaluation)

    def done_samples(self, evaluation: str) -> list[int]:
        """Numbers of the samples of an evaluation that need no more work."""
        return evaluations.done_samples(self._engine, evaluation)

    def delete_evaluations(self, ids: Sequence[str]) -> int:
        """Deletes evaluations, by their whole ids, with their samples; how many there were."""
        return evaluations.delete_evaluations(self._engine, ids)

    def open_campaign(self, record: CampaignRecord) -> None:
        """Opens the record of a campaign."""
        campaigns.insert_campaign(self._engine, record)

    def change_campaign(self, campaign: str, **values: Any) -> None:
        """Changes fields of a campaign, by its whole id."""
        campaigns.update_campaign(self._engine, campaign, values)

    def add_tries(self, campaign: str, tries: Sequence[TryRecord]) -> None:
        """Writes tries of a campaign, by its whole id; they are on disk when this returns."""
        campaigns.insert_tries(self._engine, campaign, tries)

    def add_findings(self, campaign: str, findings: Sequence[FindingRecord]) -> None:
        """Writes findings of a campaign, by its whole id; they are on disk when this returns."""
        campaigns.insert_findings(self._engine, campaign, findings)

    def campaign(self, prefix: str) -> CampaignRecord:
        """The campaign whose id begins with ``prefix`` (4 digits or more).

        Raises:
            ReferenceNotFound: None does, or several do.
        """
        return campaigns.find_campaign(self._engine, prefix)

    def campaigns(
        self, campaign: str | None = None, manifest: str | None = None, limit: int = 50
    ) -> list[CampaignRecord]:
        """Campaigns that fit, newest first."""
        return campaigns.find_campaigns(self._engine, campaign, manifest, limit)

    def tries(self, campaign: str, numbers: range | None = None, outcome: str | None = None) -> Iterator[TryRecord]:
        """The tries of a campaign, by its whole id, in the order of their numbers, in flat memory.

        Args:
            campaign: Its id.
            numbers: Only these, without a step.
            outcome: Only those of which this became.
        """
        return campaigns.iterate_tries(self._engine, campaign, numbers, outcome)

    def tries_of(self, runs: Sequence[str]) -> list[tuple[str, TryRecord]]:
        """The tries that were made as some runs, by their whole ids, each with the id of its campaign."""
        return campaigns.find_tries(self._engine, runs)

    def findings(self, campaign: str) -> Iterator[FindingRecord]:
        """The findings of a campaign, by its whole id."""
        return campaigns.iterate_findings(self._engine, campaign)

    def drop_findings(self, campaign: str, numbers: Sequence[int]) -> None:
        """Deletes findings of a campaign, by its whole id, that are to be made again."""
        campaigns.delete_findings(self._engine, campaign, numbers)

    def finding(self, prefix: str) -> tuple[str, FindingRecord]:
        """The newest finding whose id begins with ``prefix`` (4 digits or more), and the id of its campaign.

        Raises:
            ReferenceNotFound: None does, or several do.
        """
        return campaigns.find_finding(self._engine, prefix)

    def delete_campaigns(self, ids: Sequence[str]) -> int:
        """Deletes campaigns, by their whole ids, with their tries and findings; how many there were."""
        return campaigns.delete_campaigns(self._engine, ids)

    def add_drift_check(self, record: DriftRecord) -> None:
        """Writes a drift check; it is on disk when this returns."""
        drift.insert_check(self._engine, record)

    def drift_check(self, prefix: str) -> DriftRecord:
        """The drift check whose id begins with ``prefix`` (4 digits or more).

        Raises:
            ReferenceNotFound: None does, or several do.
        """
        return drift.find_check(self._engine, prefix)

    def drift_checks(self, check: str | None = None, limit: int = 50) -> list[DriftRecord]:
        """Drift checks, of one definition where it is named, newest first."""
        return drift.find_checks(self._engine, check, limit)

    def delete_drift_checks(self, ids: Sequence[str]) -> int:
        """Deletes drift checks, by their whole ids; how many there were."""
        return drift.delete_checks(self._engine, ids)

    def drift_watch(self, watch: str) -> WatchRecord | None:
        """Where a watch stands; None where it never started."""
        return drift.find_watch(self._engine, watch)

    def drift_watches(self) -> list[WatchRecord]:
        """All watches, by name."""
        return drift.find_watches(self._engine)

    def open_drift_watch(self, record: WatchRecord) -> None:
        """Writes where a watch begins, in place of where it stood; it is on disk when this returns."""
        drift.open_watch(self._engine, record)

    def advance_drift_watch(self, record: WatchRecord, before: WatchRecord) -> bool:
        """Writes where a watch stands, all but its baseline; it is on disk when this returns.

        Args:
            record: Where it stands.
            before: Where it stood.

        Returns:
            Whether it was written: not where another process went on with the watch, or it was forgotten.
        """
        return drift.advance_watch(self._engine, record, before)

    def delete_drift_watch(self, watch: str) -> bool:
        """Forgets where a watch stands; whether it stood anywhere."""
        return drift.delete_watch(self._engine, watch)

    def add_feedback(self, record: FeedbackRecord) -> None:
        """Writes what a user thought of an answer; it is on disk when this returns."""
        monitoring.insert_feedback(self._engine, record)

    def feedback(
        self, runs: Sequence[str] | None = None, since: int | None = None, limit: int | None = None
    ) -> list[FeedbackRecord]:
        """Feedback, newest first.

        Args:
            runs: Only of these runs, by their whole ids.
            since: Only what was given at or after, in nanoseconds since the epoch.
            limit: As much at most.
        """
        return monitoring.find_feedback(self._engine, runs, since, limit)

    def feedback_of_chain(
        self, chain: str, without: Sequence[str], began: int, since: int
    ) -> list[tuple[FeedbackRecord, str]]:
        """Feedback on the runs of a chain, each with the session of its run, or the run's id where it has none.

        Args:
            chain: Its name.
            without: Modes of runs that are left out.
            began: Only on runs that started at or after, in nanoseconds since the epoch.
            since: Only what was given at or after.
        """
        return monitoring.find_feedback_of_chain(self._engine, chain, without, began, since)

    def run_ids(self, keys: Sequence[int]) -> list[str]:
        """The ids of runs by their keys (:class:`~genops.store.records.EndedRun`), in that order."""
        return monitoring.find_run_ids(self._engine, keys)

    def ended_runs(self, chain: str, without: Sequence[str], since: int, until: int | None = None) -> list[EndedRun]:
        """What is counted and measured of the runs of a chain that ended, by their start.

        Args:
            chain: Its name.
            without: Modes of runs that are left out.
            since: Only those that started at or after, in nanoseconds since the epoch.
            until: Only those that started before.
        """
        return monitoring.find_ended_runs(self._engine, chain, without, since, until)

    def count_ended_runs(self, chain: str, without: Sequence[str], since: int, until: int) -> int:
        """How many there are of what :meth:`ended_runs` gives."""
        return monitoring.count_ended_runs(self._engine, chain, without, since, until)

    def monitor(self, name: str) -> MonitorRecord | None:
        """Where a monitor stands; None where it never ran."""
        return monitoring.find_monitor(self._engine, name)

    def monitors(self) -> list[MonitorRecord]:
        """All monitors that ever ran, by name."""
        return monitoring.find_monitors(self._engine)

    def advance_monitor(
        self, record: MonitorRecord, scored: Sequence[MonitoredRecord], before: MonitorRecord | None
    ) -> bool:
        """Writes where a monitor stands and the runs that it scored since, in one commit.

        Args:
            record: Where it stands.
            scored: Since it stood at ``before``.
            before: Where it stood; None where it never ran.

        Returns:
            Whether it was written: not where another process looked meanwhile.
        """
        return monitoring.advance(self._engine, record, scored, before)

    def monitored(self, name: str, since: int | None = None) -> Iterator[MonitoredRecord]:
        """The runs that a monitor scored, by their start, in flat memory.

        Args:
            name: Of the monitor.
            since: Only those that started at or after, in nanoseconds since the epoch.
        """
        return monitoring.iterate_monitored(self._engine, name, since)

    def monitored_runs(self, name: str, runs: Sequence[str]) -> list[MonitoredRecord]:
        """What a monitor scored of some runs, by their whole ids."""
        return monitoring.find_monitored(self._engine, name, runs)

    def alerts(self, monitor: str | None = None) -> list[AlertRecord]:
        """Where the rules of a monitor, or of all, stand."""
        return monitoring.find_alerts(self._engine, monitor)

    def keep_alerts(
        self,
        alerts: Sequence[AlertRecord],
        deliveries: Sequence[DeliveryRecord],
        gone: Sequence[AlertRecord] = (),
    ) -> None:
        """Writes where rules stand and the messages that follow from it, in one commit.

        Args:
            alerts: Where rules stand; the silence of a rule that is there stays as it is.
            deliveries: Messages; one that is there stays as it is.
            gone: Rules to be forgotten.
        """
        monitoring.keep_alerts(self._engine, alerts, deliveries, gone)

    def silence_alert(self, monitor: str, rule: str, until: int | None) -> None:
        """Silences a rule until then, in nanoseconds since the epoch; None ends a silence."""
        monitoring.silence_alert(self._engine, monitor, rule, until)

    def deliveries(
        self,
        due: int | None = None,
        *,
        accepted: bool | None = False,
        monitor: str | None = None,
        channel: str | None = None,
        limit: int = 100,
    ) -> list[DeliveryRecord]:
        """Messages, oldest first.

        Args:
            due: Only those whose next attempt is due by then, in nanoseconds since the epoch.
            accepted: Only those that were accepted, or that were not; None for both.
            monitor: Only those of this one.
            channel: Only those to this one, by its name.
            limit: As many at most.
        """
        return monitoring.find_deliveries(self._engine, due, accepted, monitor, channel, limit)

    def count_deliveries(self, monitor: str) -> int:
        """How many messages of a monitor wait to be accepted."""
        return monitoring.count_deliveries(self._engine, monitor)

    def claim_delivery(self, delivery: str, due: int, until: int) -> bool:
        """Begins an attempt at a message: puts it off and counts the attempt; False where another process did so.

        Args:
            delivery: Its id.
            due: When it was due, as it was read.
            until: When it is due again, should this process not say what became of the attempt.
        """
        return monitoring.claim_delivery(self._engine, delivery, due, until)

    def change_delivery(self, delivery: str, **values: Any) -> None:
        """Changes fields of a message, by its id."""
        monitoring.update_delivery(self._engine, delivery, values)

    def keep_served(self, record: ServedRecord) -> None:
        """Writes where a server stands, in place of where it stood."""
        serving.keep_served(self._engine, record)

    def keep_adapters(self, served_id: str, adapters: dict[str, str]) -> None:
        """Writes the digest of each adapter that a server has, by its name, and leaves the rest to its supervisor."""
        serving.keep_adapters(self._engine, served_id, adapters)

    def served(self, alias: str | None = None, *, live: bool = True) -> list[ServedRecord]:
        """Servers of models, by alias and replica, then newest first.

        Args:
            alias: Only those of this one.
            live: Only those that have not ended; a dead supervisor's are among them until somebody ends them.
        """
        return serving.find_served(self._engine, alias, live)

    def join_engine_spans(self, spans: Sequence[EngineSpan]) -> list[EngineSpan]:
        """Writes what engines did below the model calls that they did it for, each once.

        Returns:
            Those whose run is not here, or has not ended: for another time.
        """
        return engine_spans.join(self._engine, spans)

    def keep_engine_figures(self, records: Sequence[EngineFiguresRecord]) -> None:
        """Appends what engines said of themselves."""
        serving.insert_figures(self._engine, records)

    def engine_figures(
        self, alias: str | None = None, since: int | None = None, limit: int = 10_000
    ) -> list[EngineFiguresRecord]:
        """What engines said of themselves, oldest first: the newest ``limit`` records since then."""
        return serving.find_figures(self._engine, alias, since, limit)

    def prune_engine_figures(self, before: int) -> int:
        """Deletes what engines said before then, nanoseconds since the epoch; how many records."""
        return serving.delete_figures(self._engine, before)

    def keep_load_test(self, record: LoadTestRecord, price: PriceRecord | None = None) -> None:
        """Writes a load test, and the price that follows from it in place of the alias's measured one."""
        serving.insert_load_test(self._engine, record, price)

    def load_tests(self, alias: str | None = None, limit: int = 100) -> list[LoadTestRecord]:
        """Load tests, newest first."""
        return serving.find_load_tests(self._engine, alias, limit)

    def measured_prices(self) -> list[PriceRecord]:
        """Measured prices, by alias."""
        return serving.find_prices(self._engine)


_open_stores: weakref.WeakSet[Store] = weakref.WeakSet()


def _after_fork() -> None:
    for store in list(_open_stores):
        store._database.dispose(close=False)
        store._making = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
