"""Servers of models, what their engines say, load tests and measured prices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from genops.store import records as kinds
from genops.store import tables
from genops.store.engine import reading, writing
from genops.store.queries.opened import Opened
from genops.store.queries.rows import cleaned, record_of

if TYPE_CHECKING:
    from genops.store.records.serving import EngineFiguresRecord, LoadTestRecord, PriceRecord, ServedRecord


class Serving(Opened):
    """Acknowledged: what was written is on disk when the method returns."""

    def keep_served(self, record: ServedRecord) -> None:
        """Writes where a server stands, in place of where it stood."""
        with writing(self._engine) as connection:
            connection.execute(delete(tables.served).where(tables.served.c.id == record.id))
            connection.execute(insert(tables.served).values(**cleaned(record)))

    def keep_adapters(self, served_id: str, adapters: dict[str, str]) -> None:
        """Writes the digest of each adapter that a server has, by its name, and leaves the rest to its supervisor."""
        with writing(self._engine) as connection:
            connection.execute(update(tables.served).where(tables.served.c.id == served_id).values(adapters=adapters))

    def served(self, alias: str | None = None, *, live: bool = True) -> list[ServedRecord]:
        """Servers of models, by alias and replica, then newest first.

        Args:
            alias: Only those of this one.
            live: Only those that have not ended; a dead supervisor's are among them until somebody ends them.
        """
        query = select(tables.served).order_by(
            tables.served.c.alias, tables.served.c.replica, tables.served.c.started.desc()
        )
        if alias is not None:
            query = query.where(tables.served.c.alias == alias)
        if live:
            query = query.where(tables.served.c.ended.is_(None))
        with reading(self._engine) as connection:
            return [record_of(kinds.ServedRecord, row) for row in connection.execute(query).mappings()]

    def keep_engine_figures(self, records: Sequence[EngineFiguresRecord]) -> None:
        """Appends what engines said of themselves."""
        if records:
            with writing(self._engine) as connection:
                connection.execute(insert(tables.engine_figures), [cleaned(record) for record in records])

    def engine_figures(
        self, alias: str | None = None, since: int | None = None, limit: int = 10_000
    ) -> list[EngineFiguresRecord]:
        """What engines said of themselves, oldest first: the newest ``limit`` records since then."""
        query = (
            select(tables.engine_figures)
            .order_by(tables.engine_figures.c.at.desc(), tables.engine_figures.c.number.desc())
            .limit(limit)
        )
        if alias is not None:
            query = query.where(tables.engine_figures.c.alias == alias)
        if since is not None:
            query = query.where(tables.engine_figures.c.at >= since)
        with reading(self._engine) as connection:
            found = [record_of(kinds.EngineFiguresRecord, row) for row in connection.execute(query).mappings()]
        return found[::-1]

    def prune_engine_figures(self, before: int) -> int:
        """Deletes what engines said before then, nanoseconds since the epoch; how many records."""
        with writing(self._engine) as connection:
            return connection.execute(delete(tables.engine_figures).where(tables.engine_figures.c.at < before)).rowcount

    def keep_load_test(self, record: LoadTestRecord, price: PriceRecord | None = None) -> None:
        """Writes a load test, and the price that follows from it in place of the alias's measured one."""
        with writing(self._engine) as connection:
            connection.execute(insert(tables.load_test).values(**cleaned(record)))
            if price is not None:
                connection.execute(delete(tables.model_price).where(tables.model_price.c.alias == price.alias))
                connection.execute(insert(tables.model_price).values(**cleaned(price)))

    def load_tests(self, alias: str | None = None, limit: int = 100) -> list[LoadTestRecord]:
        """Load tests, newest first."""
        query = (
            select(tables.load_test)
            .order_by(tables.load_test.c.at.desc(), tables.load_test.c.number.desc())
            .limit(limit)
        )
        if alias is not None:
            query = query.where(tables.load_test.c.alias == alias)
        with reading(self._engine) as connection:
            return [record_of(kinds.LoadTestRecord, row) for row in connection.execute(query).mappings()]

    def measured_prices(self) -> list[PriceRecord]:
        """Measured prices, by alias."""
        with reading(self._engine) as connection:
            return [
                record_of(kinds.PriceRecord, row)
                for row in connection.execute(
                    select(tables.model_price).order_by(tables.model_price.c.alias)
                ).mappings()
            ]
