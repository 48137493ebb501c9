"""Feedback, monitored runs, rules and messages, as acknowledged commits: what a query shows is on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    RowMapping,
    and_,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from genops.store.batch import clean, insert_rows
from genops.store.engine import reading, writing
from genops.store.records import (
    AlertRecord,
    DeliveryRecord,
    EndedRun,
    FeedbackRecord,
    MonitoredRecord,
    MonitorRecord,
)
from genops.store.tables import alert, delivery, feedback, json_text, monitor, monitored, run

R = TypeVar("R", AlertRecord, DeliveryRecord, FeedbackRecord, MonitorRecord, MonitoredRecord)

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


def insert_feedback(engine: Engine, record: FeedbackRecord) -> None:
    """Writes feedback."""
    with writing(engine) as connection:
        values = {name: clean(value) if isinstance(value, str) else value for name, value in asdict(record).items()}
        connection.execute(insert(feedback).values(**values))


def find_feedback(
    engine: Engine, runs: Sequence[str] | None, since: int | None, limit: int | None
) -> list[FeedbackRecord]:
    """Feedback that fits, newest first."""
    query = select(feedback).order_by(feedback.c.number.desc())
    if since is not None:
        query = query.where(feedback.c.created >= since)
    if limit is not None:
        query = query.limit(limit)
    with reading(engine) as connection:
        if runs is None:
            return [_made(FeedbackRecord, row) for row in connection.execute(query).mappings()]
        found: list[RowMapping] = []
        for start in range(0, len(runs), _PARAMETERS):
            wanted = feedback.c.run.in_(runs[start : start + _PARAMETERS])
            found += connection.execute(query.where(wanted)).mappings()
    found.sort(key=lambda row: -int(row["number"]))
    return [_made(FeedbackRecord, row) for row in found[:limit]]


def find_feedback_of_chain(
    engine: Engine, chain: str, without: Sequence[str], began: int, since: int
) -> list[tuple[FeedbackRecord, str]]:
    """Feedback on the runs of a chain, oldest first, with the session of the run, or its id where it has none."""
    session = func.coalesce(run.c.session, run.c.id).label("run_session")
    query = select(feedback, session).join(run, run.c.id == feedback.c.run).order_by(feedback.c.number)
    wanted = query.where(feedback.c.created >= since, *_ended(chain, without, began, None))
    with reading(engine) as connection:
        rows = connection.execute(wanted).mappings()
        return [(_made(FeedbackRecord, row), row["run_session"]) for row in rows]


def find_run_ids(engine: Engine, keys: Sequence[int]) -> list[str]:
    """The ids of the runs that there are, in the order of the keys."""
    with reading(engine) as connection:
        found = {row.key: row.id for row in connection.execute(select(run.c.key, run.c.id).where(run.c.key.in_(keys)))}
    return [found[key] for key in keys if key in found]


def find_ended_runs(
    engine: Engine, chain: str, without: Sequence[str], since: int, until: int | None
) -> list[EndedRun]:
    """What is counted and measured of the runs of a chain that ended, by their start."""
    found: list[EndedRun] = []
    with reading(engine) as connection:
        while True:
            after = found[-1].key + 1 if found else since
            query = _ENDED.where(*_ended(chain, without, after, until)).limit(_RUNS)
            page = list(map(EndedRun._make, connection.execute(query)))
            found += page
            if len(page) < _RUNS:
                return found


def count_ended_runs(engine: Engine, chain: str, without: Sequence[str], since: int, until: int) -> int:
    """How many runs of a chain ended, of those that started between two moments."""
    query = select(func.count()).select_from(run).where(*_ended(chain, without, since, until))
    with reading(engine) as connection:
        return connection.scalar(query) or 0


def _ended(chain: str, without: Sequence[str], since: int, until: int | None) -> list[ColumnElement[bool]]:
    found = [run.c.chain == chain, run.c.key >= since, run.c.ended.is_not(None), run.c.mode.not_in(without)]
    return found if until is None else [*found, run.c.key < until]


def find_monitor(engine: Engine, name: str) -> MonitorRecord | None:
    """Where a monitor stands; None where it never ran."""
    with reading(engine) as connection:
        row = connection.execute(select(monitor).where(monitor.c.monitor == name)).mappings().one_or_none()
        return None if row is None else _made(MonitorRecord, row)


def find_monitors(engine: Engine) -> list[MonitorRecord]:
    """All monitors, by name."""
    with reading(engine) as connection:
        rows = connection.execute(select(monitor).order_by(monitor.c.monitor)).mappings()
        return [_made(MonitorRecord, row) for row in rows]


def advance(
    engine: Engine, record: MonitorRecord, scored: Sequence[MonitoredRecord], before: MonitorRecord | None
) -> bool:
    """Writes where a monitor stands and what it scored, a run that is there in its place; not where it was moved."""
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
    with writing(engine) as connection:
        if before is None:
            if connection.execute(select(monitor).where(monitor.c.monitor == record.monitor)).first() is not None:
                return False
            connection.execute(insert(monitor).values(**asdict(record)))
        else:
            stood = and_(*(monitor.c[name] == getattr(before, name) for name in _STANDS))
            if connection.execute(update(monitor).where(stood).values(**asdict(record))).rowcount != 1:
                return False
        insert_rows(connection, monitored, rows)
        return True


def iterate_monitored(engine: Engine, name: str, since: int | None) -> Iterator[MonitoredRecord]:
    """The scored runs of a monitor by their start, in flat memory."""
    query = select(monitored).where(monitored.c.monitor == name).order_by(monitored.c.started, monitored.c.run)
    if since is not None:
        query = query.where(monitored.c.started >= since)
    last: tuple[int, str] | None = None
    while True:
        page = query if last is None else query.where(tuple_(monitored.c.started, monitored.c.run) > tuple_(*last))
        with reading(engine) as connection:
            found = [_made(MonitoredRecord, row) for row in connection.execute(page.limit(_PAGE)).mappings()]
        if not found:
            return
        yield from found
        last = (found[-1].started, found[-1].run)


def find_monitored(engine: Engine, name: str, runs: Sequence[str]) -> list[MonitoredRecord]:
    """What a monitor scored of some runs."""
    found: list[MonitoredRecord] = []
    with reading(engine) as connection:
        for start in range(0, len(runs), _PARAMETERS):
            wanted = monitored.c.run.in_(runs[start : start + _PARAMETERS])
            rows = connection.execute(select(monitored).where(monitored.c.monitor == name, wanted)).mappings()
            found += [_made(MonitoredRecord, row) for row in rows]
    return found


def find_alerts(engine: Engine, name: str | None) -> list[AlertRecord]:
    """Where rules stand, by monitor and rule."""
    query = select(alert).order_by(alert.c.monitor, alert.c.rule)
    if name is not None:
        query = query.where(alert.c.monitor == name)
    with reading(engine) as connection:
        return [_made(AlertRecord, row) for row in connection.execute(query).mappings()]


def keep_alerts(
    engine: Engine, alerts: Sequence[AlertRecord], deliveries: Sequence[DeliveryRecord], gone: Sequence[AlertRecord]
) -> None:
    """Writes where rules stand, in place of where they stood, and those messages that are not there yet."""
    with writing(engine) as connection:
        for one in alerts:
            _put(connection, one)
        for one in gone:
            connection.execute(delete(alert).where(_of(one.monitor, one.rule)))
        for message in deliveries:
            known = select(delivery.c.number).where(delivery.c.id == message.id)
            if connection.execute(known).first() is None:
                connection.execute(insert(delivery).values(**asdict(message)))


def find_deliveries(
    engine: Engine, due: int | None, accepted: bool | None, monitor: str | None, channel: str | None, limit: int
) -> list[DeliveryRecord]:
    """Messages that fit, oldest first."""
    query = select(delivery).order_by(delivery.c.number).limit(limit)
    if monitor is not None:
        query = query.where(delivery.c.monitor == monitor)
    if channel is not None:
        query = query.where(delivery.c.channel == channel)
    if due is not None:
        query = query.where(delivery.c.due <= due)
    if accepted is not None:
        query = query.where(delivery.c.accepted.is_not(None) if accepted else delivery.c.accepted.is_(None))
    with reading(engine) as connection:
        return [_made(DeliveryRecord, row) for row in connection.execute(query).mappings()]


def count_deliveries(engine: Engine, name: str) -> int:
    """How many messages of a monitor wait to be accepted."""
    query = select(func.count()).select_from(delivery).where(delivery.c.monitor == name, delivery.c.accepted.is_(None))
    with reading(engine) as connection:
        return connection.scalar(query) or 0


def update_delivery(engine: Engine, identity: str, values: dict[str, Any]) -> None:
    """Changes fields of a message."""
    with writing(engine) as connection:
        connection.execute(update(delivery).where(delivery.c.id == identity).values(**values))


def claim_delivery(engine: Engine, identity: str, due: int, until: int) -> bool:
    """Puts a message that is not accepted off, where it is still due at ``due``, and counts an attempt."""
    one = update(delivery).where(delivery.c.id == identity, delivery.c.due == due, delivery.c.accepted.is_(None))
    with writing(engine) as connection:
        claimed = connection.execute(one.values(due=until, attempts=delivery.c.attempts + 1))
        return claimed.rowcount == 1


def silence_alert(engine: Engine, name: str, rule: str, until: int | None) -> None:
    """Silences a rule, or ends that."""
    with writing(engine) as connection:
        connection.execute(update(alert).where(_of(name, rule)).values(silenced=until))


def _put(connection: Connection, one: AlertRecord) -> None:
    """Writes where a rule stands; a silence is not touched, which somebody may have asked for meanwhile."""
    values = asdict(one)
    changed = {name: value for name, value in values.items() if name not in ("monitor", "rule", "silenced")}
    if connection.execute(update(alert).where(_of(one.monitor, one.rule)).values(**changed)).rowcount == 0:
        connection.execute(insert(alert).values(**values))


def _of(name: str, rule: str) -> ColumnElement[bool]:
    return and_(alert.c.monitor == name, alert.c.rule == rule)


def _made(kind: type[R], row: RowMapping) -> R:
    return kind(**{name: row[name] for name in kind.__dataclass_fields__})
