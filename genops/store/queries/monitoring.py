"""Feedback, where monitors stand and what they scored, and the runs that they look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from genops.store import records as kinds
from genops.store import tables
from genops.store.batch import clean, insert_rows
from genops.store.engine import reading, writing
from genops.store.queries.opened import Opened
from genops.store.queries.rows import cleaned, record_of
from genops.store.tables import run
from genops.store.tables.columns import json_text

if TYPE_CHECKING:
    from genops.store.records.monitoring import EndedRun, FeedbackRecord, MonitoredRecord, MonitorRecord

_PAGE = 2_000
_RUNS = 20_000
_STANDS = ("monitor", "cursor", "seen", "updated")
_PARAMETERS = 500
_ENDED = select(
    run.c.key,
    run.c.ended - run.c.started,
    run.c.status == "error",
    run.c.cost,
    run.c.input_tokens + run.c.output_tokens,
    run.c.session,
).order_by(run.c.key)


class Monitoring(Opened):
    """Acknowledged: what was written is on disk when the method returns."""

    def add_feedback(self, record: FeedbackRecord) -> None:
        """Writes what a user thought of an answer."""
        with writing(self._engine) as connection:
            connection.execute(insert(tables.feedback).values(**cleaned(record)))

    def feedback(
        self, runs: Sequence[str] | None = None, since: int | None = None, limit: int | None = None
    ) -> list[FeedbackRecord]:
        """Feedback, newest first.

        Args:
            runs: Only of these runs, by their whole ids.
            since: Only what was given at or after, in nanoseconds since the epoch.
            limit: As much at most.
        """
        query = select(tables.feedback).order_by(tables.feedback.c.number.desc())
        if since is not None:
            query = query.where(tables.feedback.c.created >= since)
        if limit is not None:
            query = query.limit(limit)
        with reading(self._engine) as connection:
            if runs is None:
                return [record_of(kinds.FeedbackRecord, row) for row in connection.execute(query).mappings()]
            found: list[RowMapping] = []
            for start in range(0, len(runs), _PARAMETERS):
                wanted = tables.feedback.c.run.in_(runs[start : start + _PARAMETERS])
                found += connection.execute(query.where(wanted)).mappings()
        found.sort(key=lambda row: -int(row["number"]))
        return [record_of(kinds.FeedbackRecord, row) for row in found[:limit]]

    def feedback_of_chain(
        self, chain: str, without: Sequence[str], began: int, since: int
    ) -> list[tuple[FeedbackRecord, str]]:
        """Feedback on the runs of a chain, oldest first, each with its run's session, or the run's id for want of one.

        Args:
            chain: Its name.
            without: Modes of runs that are left out.
            began: Only on runs that started at or after, in nanoseconds since the epoch.
            since: Only what was given at or after.
        """
        session = func.coalesce(run.c.session, run.c.id).label("run_session")
        query = (
            select(tables.feedback, session)
            .join(run, run.c.id == tables.feedback.c.run)
            .order_by(tables.feedback.c.number)
        )
        wanted = query.where(tables.feedback.c.created >= since, *_ended(chain, without, began, None))
        with reading(self._engine) as connection:
            rows = connection.execute(wanted).mappings()
            return [(record_of(kinds.FeedbackRecord, row), row["run_session"]) for row in rows]

    def run_ids(self, keys: Sequence[int]) -> list[str]:
        """The ids of runs by their keys (:class:`~genops.store.records.monitoring.EndedRun`), in that order."""
        with reading(self._engine) as connection:
            found = {
                row.key: row.id for row in connection.execute(select(run.c.key, run.c.id).where(run.c.key.in_(keys)))
            }
        return [found[key] for key in keys if key in found]

    def ended_runs(self, chain: str, without: Sequence[str], since: int, until: int | None = None) -> list[EndedRun]:
        """What is counted and measured of the runs of a chain that ended, by their start.

        Args:
            chain: Its name.
            without: Modes of runs that are left out.
            since: Only those that started at or after, in nanoseconds since the epoch.
            until: Only those that started before.
        """
        found: list[EndedRun] = []
        with reading(self._engine) as connection:
            while True:
                after = found[-1].key + 1 if found else since
                query = _ENDED.where(*_ended(chain, without, after, until)).limit(_RUNS)
                page = list(map(kinds.EndedRun._make, connection.execute(query)))
                found += page
                if len(page) < _RUNS:
                    return found

    def count_ended_runs(self, chain: str, without: Sequence[str], since: int, until: int) -> int:
        """How many there are of what :meth:`ended_runs` gives."""
        query = select(func.count()).select_from(run).where(*_ended(chain, without, since, until))
        with reading(self._engine) as connection:
            return connection.scalar(query) or 0

    def monitor(self, name: str) -> MonitorRecord | None:
        """Where a monitor stands; None where it never ran."""
        with reading(self._engine) as connection:
            row = (
                connection.execute(select(tables.monitor).where(tables.monitor.c.monitor == name))
                .mappings()
                .one_or_none()
            )
            return None if row is None else record_of(kinds.MonitorRecord, row)

    def monitors(self) -> list[MonitorRecord]:
        """All monitors that ever ran, by name."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(tables.monitor).order_by(tables.monitor.c.monitor)).mappings()
            return [record_of(kinds.MonitorRecord, row) for row in rows]

    def advance_monitor(
        self, record: MonitorRecord, scored: Sequence[MonitoredRecord], before: MonitorRecord | None
    ) -> bool:
        """Writes where a monitor stands and the runs that it scored since, in place of earlier scores, in one commit.

        What lies before ``record.kept`` is deleted: scores of runs that started, and messages that were accepted.

        Args:
            record: Where it stands; its lease is left as it is.
            scored: Since it stood at ``before``.
            before: Where it stood; None where it never ran.

        Returns:
            Whether it was written: not where another process looked meanwhile.
        """
        rows = [
            (
                record.monitor,
                one.run,
                one.started,
                one.manifest,
                clean(one.stratum),
                one.probability,
                json_text(one.scores),
                json_text(one.judged),
            )
            for one in {one.run: one for one in scored}.values()
        ]
        with writing(self._engine) as connection:
            if before is None:
                if (
                    connection.execute(select(tables.monitor).where(tables.monitor.c.monitor == record.monitor)).first()
                    is not None
                ):
                    return False
                connection.execute(insert(tables.monitor).values(**asdict(record)))
            else:
                stood = and_(*(tables.monitor.c[name] == getattr(before, name) for name in _STANDS))
                values = {name: value for name, value in asdict(record).items() if name != "lease"}
                if connection.execute(update(tables.monitor).where(stood).values(**values)).rowcount != 1:
                    return False
                if record.kept > before.kept:
                    _forget(connection, record.monitor, record.kept)
            insert_rows(connection, tables.monitored, rows)
            return True

    def lease_monitor(self, name: str, mine: int, now: int, until: int) -> bool:
        """Leases a monitor to this process, renews the lease, or gives it back; False where another process has it.

        Args:
            name: Of the monitor.
            mine: Until when this process has it, in nanoseconds since the epoch; 0 where it has not.
            now: Leases until then are over.
            until: Until when it is to have it; 0 to give it back.
        """
        free = and_(
            tables.monitor.c.monitor == name, or_(tables.monitor.c.lease == mine, tables.monitor.c.lease <= now)
        )
        with writing(self._engine) as connection:
            return connection.execute(update(tables.monitor).where(free).values(lease=until)).rowcount == 1

    def monitored(self, name: str, since: int | None = None) -> Iterator[MonitoredRecord]:
        """The runs that a monitor scored, by their start, in flat memory.

        Args:
            name: Of the monitor.
            since: Only those that started at or after, in nanoseconds since the epoch.
        """
        query = (
            select(tables.monitored)
            .where(tables.monitored.c.monitor == name)
            .order_by(tables.monitored.c.started, tables.monitored.c.run)
        )
        if since is not None:
            query = query.where(tables.monitored.c.started >= since)
        last: tuple[int, str] | None = None
        while True:
            page = (
                query
                if last is None
                else query.where(tuple_(tables.monitored.c.started, tables.monitored.c.run) > tuple_(*last))
            )
            with reading(self._engine) as connection:
                found = [
                    record_of(kinds.MonitoredRecord, row) for row in connection.execute(page.limit(_PAGE)).mappings()
                ]
            if not found:
                return
            yield from found
            last = (found[-1].started, found[-1].run)

    def monitored_runs(self, runs: Sequence[str], name: str | None = None) -> list[MonitoredRecord]:
        """What monitors scored of some runs.

        Args:
            runs: Their whole ids.
            name: Of the monitor; None for all, whose records come one after the other.
        """
        found: list[MonitoredRecord] = []
        with reading(self._engine) as connection:
            every = select(tables.monitor.c.monitor).order_by(tables.monitor.c.monitor)
            for scored_by in [name] if name is not None else list(connection.scalars(every)):
                for start in range(0, len(runs), _PARAMETERS):
                    wanted = tables.monitored.c.run.in_(runs[start : start + _PARAMETERS])
                    query = select(tables.monitored).where(tables.monitored.c.monitor == scored_by, wanted)
                    found += [record_of(kinds.MonitoredRecord, row) for row in connection.execute(query).mappings()]
        return found


def _forget(connection: Connection, name: str, before: int) -> None:
    """Deletes what a monitor scored of runs that started before then, and messages that were accepted before."""
    connection.execute(
        delete(tables.monitored).where(tables.monitored.c.monitor == name, tables.monitored.c.started < before)
    )
    connection.execute(
        delete(tables.delivery).where(tables.delivery.c.monitor == name, tables.delivery.c.accepted < before)
    )


def _ended(chain: str, without: Sequence[str], since: int, until: int | None) -> list[ColumnElement[bool]]:
    found = [run.c.chain == chain, run.c.key >= since, run.c.ended.is_not(None), run.c.mode.not_in(without)]
    return found if until is None else [*found, run.c.key < until]
