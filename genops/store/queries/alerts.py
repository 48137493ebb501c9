"""Where the rules of monitors stand, and the messages that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, CursorResult, and_, delete, func, select, update

from genops.store import records as kinds
from genops.store import tables
from genops.store.engine import reading, writing
from genops.store.queries.opened import Opened
from genops.store.queries.rows import insert_new, record_of

if TYPE_CHECKING:
    from genops.store.records.alerts import AlertRecord, DeliveryRecord

_PARAMETERS = 500


class Alerts(Opened):
    """Acknowledged: what was written is on disk when the method returns."""

    def alerts(self, monitor: str | None = None) -> list[AlertRecord]:
        """Where the rules of a monitor, or of all, stand, by monitor and rule."""
        query = select(tables.alert).order_by(tables.alert.c.monitor, tables.alert.c.rule)
        if monitor is not None:
            query = query.where(tables.alert.c.monitor == monitor)
        with reading(self._engine) as connection:
            return [record_of(kinds.AlertRecord, row) for row in connection.execute(query).mappings()]

    def keep_alerts(
        self,
        before: Sequence[AlertRecord],
        alerts: Sequence[AlertRecord],
        deliveries: Sequence[DeliveryRecord] = (),
    ) -> bool:
        """Writes where rules stand and the messages that follow from it, in one commit.

        Args:
            before: Where they stood; those that are in it alone are forgotten.
            alerts: Where they stand; the silence of a rule that is there stays as it is.
            deliveries: Messages; one that is there stays as it is.

        Returns:
            Whether it was written: not where another process looked at one of the rules meanwhile.
        """
        stood = {(one.monitor, one.rule): one for one in before}
        try:
            with writing(self._engine) as connection:
                for one in sorted(alerts, key=attrgetter("monitor", "rule")):  # two in one order wait, and do not lock
                    _put(connection, one, stood.pop((one.monitor, one.rule), None))
                for one in stood.values():
                    _written(connection.execute(delete(tables.alert).where(_as_it_stood(one))))
                for message in deliveries:
                    connection.execute(insert_new(connection, tables.delivery), asdict(message))
        except _Overtaken:
            return False
        return True

    def silence_alert(self, monitor: str, rule: str, until: int | None) -> None:
        """Silences a rule until then, in nanoseconds since the epoch; None ends a silence."""
        with writing(self._engine) as connection:
            connection.execute(update(tables.alert).where(_of(monitor, rule)).values(silenced=until))

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
        query = select(tables.delivery).order_by(tables.delivery.c.number).limit(limit)
        if monitor is not None:
            query = query.where(tables.delivery.c.monitor == monitor)
        if channel is not None:
            query = query.where(tables.delivery.c.channel == channel)
        if due is not None:
            query = query.where(tables.delivery.c.due <= due)
        if accepted is not None:
            query = query.where(
                tables.delivery.c.accepted.is_not(None) if accepted else tables.delivery.c.accepted.is_(None)
            )
        with reading(self._engine) as connection:
            return [record_of(kinds.DeliveryRecord, row) for row in connection.execute(query).mappings()]

    def count_deliveries(self, monitor: str) -> int:
        """How many messages of a monitor wait to be accepted."""
        query = (
            select(func.count())
            .select_from(tables.delivery)
            .where(tables.delivery.c.monitor == monitor, tables.delivery.c.accepted.is_(None))
        )
        with reading(self._engine) as connection:
            return connection.scalar(query) or 0

    def count_waiting(self) -> dict[tuple[str, str], int]:
        """How many messages wait to be accepted, by monitor and channel."""
        columns = tables.delivery.c.monitor, tables.delivery.c.channel
        query = (
            select(*columns, func.count())
            .where(tables.delivery.c.accepted.is_(None))
            .group_by(*columns)
            .order_by(*columns)
        )
        with reading(self._engine) as connection:
            return {(name, channel): count for name, channel, count in connection.execute(query)}

    def drop_deliveries(self, ids: Sequence[str]) -> list[str]:
        """Deletes messages that are not accepted, by their whole ids; the ids of those that there were."""
        found: list[str] = []
        with writing(self._engine) as connection:
            for start in range(0, len(ids), _PARAMETERS):
                wanted = (
                    tables.delivery.c.id.in_(ids[start : start + _PARAMETERS]),
                    tables.delivery.c.accepted.is_(None),
                )
                found += connection.scalars(select(tables.delivery.c.id).where(*wanted))
                connection.execute(delete(tables.delivery).where(*wanted))
        return found

    def claim_delivery(self, delivery_id: str, due: int, until: int) -> bool:
        """Begins an attempt at a message: puts it off and counts the attempt; False where another process did so.

        Args:
            delivery_id: Its id.
            due: When it was due, as it was read.
            until: When it is due again, should this process not say what became of the attempt.
        """
        one = update(tables.delivery).where(
            tables.delivery.c.id == delivery_id, tables.delivery.c.due == due, tables.delivery.c.accepted.is_(None)
        )
        with writing(self._engine) as connection:
            claimed = connection.execute(one.values(due=until, attempts=tables.delivery.c.attempts + 1))
            return claimed.rowcount == 1

    def change_delivery(self, delivery_id: str, **values: Any) -> None:
        """Changes fields of a message, by its id."""
        with writing(self._engine) as connection:
            connection.execute(update(tables.delivery).where(tables.delivery.c.id == delivery_id).values(**values))


class _Overtaken(Exception):
    """Another process wrote first."""


def _put(connection: Connection, one: AlertRecord, before: AlertRecord | None) -> None:
    """Writes where a rule stands; a silence is not touched, which somebody may have asked for meanwhile."""
    values = asdict(one)
    if before is None:
        _written(
            connection.execute(insert_new(connection, tables.alert).execution_options(preserve_rowcount=True), values)
        )
        return
    changed = {name: value for name, value in values.items() if name not in ("monitor", "rule", "silenced")}
    _written(connection.execute(update(tables.alert).where(_as_it_stood(before)).values(**changed)))


def _written(result: CursorResult[Any]) -> None:
    if result.rowcount != 1:
        raise _Overtaken


def _as_it_stood(one: AlertRecord) -> ColumnElement[bool]:
    return and_(_of(one.monitor, one.rule), tables.alert.c.looked == one.looked)


def _of(name: str, rule: str) -> ColumnElement[bool]:
    return and_(tables.alert.c.monitor == name, tables.alert.c.rule == rule)
