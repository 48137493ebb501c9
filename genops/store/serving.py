"""Servers of models, figures of their engines, load tests and measured prices, as acknowledged commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any, TypeVar

from sqlalchemy import Engine, RowMapping, delete, insert, select, update

from genops.store.batch import clean
from genops.store.engine import reading, writing
from genops.store.records import EngineFiguresRecord, LoadTestRecord, PriceRecord, ServedRecord
from genops.store.tables import engine_figures, load_test, model_price, served

R = TypeVar("R", ServedRecord, EngineFiguresRecord, LoadTestRecord, PriceRecord)


def keep_served(engine: Engine, record: ServedRecord) -> None:
    """Writes where a server stands, in place of where it stood."""
    with writing(engine) as connection:
        connection.execute(delete(served).where(served.c.id == record.id))
        connection.execute(insert(served).values(**_values(record)))


def keep_adapters(engine: Engine, served_id: str, adapters: dict[str, str]) -> None:
    """Writes which adapters a server has, and nothing else of it."""
    with writing(engine) as connection:
        connection.execute(update(served).where(served.c.id == served_id).values(adapters=adapters))


def find_served(engine: Engine, alias: str | None, live: bool) -> list[ServedRecord]:
    """Servers that fit, by alias and replica, then newest first."""
    query = select(served).order_by(served.c.alias, served.c.replica, served.c.started.desc())
    if alias is not None:
        query = query.where(served.c.alias == alias)
    if live:
        query = query.where(served.c.ended.is_(None))
    with reading(engine) as connection:
        return [_made(ServedRecord, row) for row in connection.execute(query).mappings()]


def insert_figures(engine: Engine, records: Sequence[EngineFiguresRecord]) -> None:
    """Appends figures."""
    if records:
        with writing(engine) as connection:
            connection.execute(insert(engine_figures), [_values(record) for record in records])


def find_figures(engine: Engine, alias: str | None, since: int | None, limit: int) -> list[EngineFiguresRecord]:
    """The newest figures that fit, oldest first."""
    query = select(engine_figures).order_by(engine_figures.c.at.desc(), engine_figures.c.number.desc()).limit(limit)
    if alias is not None:
        query = query.where(engine_figures.c.alias == alias)
    if since is not None:
        query = query.where(engine_figures.c.at >= since)
    with reading(engine) as connection:
        found = [_made(EngineFiguresRecord, row) for row in connection.execute(query).mappings()]
    return found[::-1]


def delete_figures(engine: Engine, before: int) -> int:
    """Deletes figures from before then."""
    with writing(engine) as connection:
        return connection.execute(delete(engine_figures).where(engine_figures.c.at < before)).rowcount


def insert_load_test(engine: Engine, record: LoadTestRecord, price: PriceRecord | None) -> None:
    """Writes a load test and its price, in one commit."""
    with writing(engine) as connection:
        connection.execute(insert(load_test).values(**_values(record)))
        if price is not None:
            connection.execute(delete(model_price).where(model_price.c.alias == price.alias))
            connection.execute(insert(model_price).values(**_values(price)))


def find_load_tests(engine: Engine, alias: str | None, limit: int) -> list[LoadTestRecord]:
    """Load tests that fit, newest first."""
    query = select(load_test).order_by(load_test.c.at.desc(), load_test.c.number.desc()).limit(limit)
    if alias is not None:
        query = query.where(load_test.c.alias == alias)
    with reading(engine) as connection:
        return [_made(LoadTestRecord, row) for row in connection.execute(query).mappings()]


def find_prices(engine: Engine) -> list[PriceRecord]:
    """Measured prices, by alias."""
    with reading(engine) as connection:
        return [
            _made(PriceRecord, row)
            for row in connection.execute(select(model_price).order_by(model_price.c.alias)).mappings()
        ]


def _values(record: ServedRecord | EngineFiguresRecord | LoadTestRecord | PriceRecord) -> dict[str, Any]:
    return {name: clean(value) if isinstance(value, str) else value for name, value in asdict(record).items()}


def _made(kind: type[R], row: RowMapping) -> R:
    return kind(**{item.name: row[item.name] for item in fields(kind)})
