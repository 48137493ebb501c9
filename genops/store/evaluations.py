"""Evaluations and their samples, as acknowledged commits: what a query shows is on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Engine, RowMapping, Select, delete, func, insert, select, update

from genops.store.batch import clean, digest_bytes, insert_rows
from genops.store.engine import reading, writing
from genops.store.records import EvalRecord, SampleRecord
from genops.store.runs import unique_prefix
from genops.store.tables import evaluation, json_text, sample

_PAGE = 2_000
_FIELDS = [field.name for field in fields(EvalRecord)]
_SAMPLE_FIELDS = [field.name for field in fields(SampleRecord)]


def insert_evaluation(engine: Engine, record: EvalRecord) -> None:
    """Opens the record of an evaluation."""
    with writing(engine) as connection:
        latest = connection.scalar(select(func.max(evaluation.c.key))) or 0
        key = max(record.started, latest + 1)
        connection.execute(insert(evaluation).values(key=key, **asdict(record)))


def update_evaluation(engine: Engine, evaluation_id: str, values: dict[str, Any]) -> None:
    """Changes fields of an evaluation."""
    with writing(engine) as connection:
        connection.execute(update(evaluation).where(evaluation.c.id == evaluation_id).values(**values))


def insert_samples(engine: Engine, evaluation_id: str, records: Sequence[SampleRecord]) -> None:
    """Writes samples; one that is there (its infrastructure had failed) is replaced."""
    with writing(engine) as connection:
        key = connection.scalar(select(evaluation.c.key).where(evaluation.c.id == evaluation_id))
        rows = list({record.number: _sample_row(key, record) for record in records}.values())
        insert_rows(connection, sample, rows)


def find_evaluation(engine: Engine, prefix: str) -> EvalRecord:
    """The evaluation whose id begins so.

    Raises:
        ReferenceNotFound: None does, or several do.
    """
    with reading(engine) as connection:
        found = unique_prefix(connection, prefix, "evaluation", select(evaluation.c.id))
        return _record(connection.execute(select(evaluation).where(evaluation.c.id == found)).mappings().one())


def find_evaluations(
    engine: Engine, suite: str | None, name: str | None, manifest: str | None, limit: int
) -> list[EvalRecord]:
    """Evaluations that fit, newest first."""
    query = select(evaluation).order_by(evaluation.c.key.desc()).limit(limit)
    for column, value in ((evaluation.c.suite, suite), (evaluation.c.name, name), (evaluation.c.manifest, manifest)):
        if value is not None:
            query = query.where(column == value)
    with reading(engine) as connection:
        return [_record(row) for row in connection.execute(query).mappings()]


def iterate_samples(engine: Engine, evaluation_id: str) -> Iterator[SampleRecord]:
    """The samples of an evaluation in the order of their numbers, in flat memory."""
    last = -1
    while page := _page(engine, _samples(evaluation_id).where(sample.c.number > last).limit(_PAGE)):
        yield from page
        last = page[-1].number


def done_samples(engine: Engine, evaluation_id: str) -> list[int]:
    """Numbers of the samples whose run ended, well or badly, but not for a failure of the infrastructure."""
    query = (
        select(sample.c.number)
        .join(evaluation, evaluation.c.key == sample.c.evaluation)
        .where(evaluation.c.id == evaluation_id, sample.c.status == "ok")
    )
    with reading(engine) as connection:
        return list(connection.scalars(query))


def delete_evaluations(engine: Engine, ids: Sequence[str]) -> int:
    """Deletes evaluations with their samples; how many there were."""
    with writing(engine) as connection:
        return connection.execute(delete(evaluation).where(evaluation.c.id.in_(ids))).rowcount


def _samples(evaluation_id: str) -> Select[Any]:
    columns = [sample.c[name] for name in _SAMPLE_FIELDS]
    joined = select(*columns).join(evaluation, evaluation.c.key == sample.c.evaluation)
    return joined.where(evaluation.c.id == evaluation_id).order_by(sample.c.number)


def _page(engine: Engine, query: Select[Any]) -> list[SampleRecord]:
    with reading(engine) as connection:
        return [SampleRecord(**row) for row in connection.execute(query).mappings()]


def _record(row: RowMapping) -> EvalRecord:
    return EvalRecord(**{name: row[name] for name in _FIELDS})


def _sample_row(key: int | None, record: SampleRecord) -> tuple[Any, ...]:
    return (
        key,
        record.number,
        clean(record.case),
        record.case_number,
        clean(record.variant),
        record.repeat,
        record.status,
        record.run,
        digest_bytes(record.output),
        json_text(record.error),
        record.seconds,
        record.cost,
        record.input_tokens,
        record.output_tokens,
        json_text(record.scores),
        json_text(record.judged),
        json_text(record.pairs),
        record.reused,
    )
