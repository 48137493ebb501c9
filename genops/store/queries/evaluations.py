"""Evaluations and their samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Engine, Select, delete, select, update

from genops.store.batch import clean, digest_bytes, insert_rows
from genops.store.engine import exclude, reading, writing
from genops.store.queries.opened import Opened
from genops.store.queries.prefixes import unique_prefix
from genops.store.queries.rows import insert_by_start, record_of
from genops.store.records.evaluations import EvalRecord, SampleRecord
from genops.store.tables import evaluation, sample
from genops.store.tables.columns import json_text

_PAGE = 2_000
_OPENING_LOCK = 0x67656E6F7076
_SAMPLE_FIELDS = [field.name for field in fields(SampleRecord)]


class Evaluations(Opened):
    """Acknowledged: what was written is on disk when the method returns."""

    def open_evaluation(self, record: EvalRecord) -> None:
        """Opens the record of an evaluation."""
        with writing(self._engine) as connection:
            insert_by_start(connection, evaluation, record)

    def join_evaluation(self, record: EvalRecord) -> EvalRecord:
        """The newest evaluation with a record's manifest; this one, opened, where there is none.

        Of two that come at the same moment the second gets what the first opened.
        """
        same = select(evaluation).where(evaluation.c.manifest == record.manifest).order_by(evaluation.c.key.desc())
        with writing(self._engine) as connection:
            exclude(connection, _OPENING_LOCK)
            found = connection.execute(same.limit(1)).mappings().one_or_none()
            if found is not None:
                return record_of(EvalRecord, found)
            insert_by_start(connection, evaluation, record)
        return record

    def change_evaluation(self, evaluation_id: str, **values: Any) -> None:
        """Changes fields of an evaluation, by its whole id."""
        with writing(self._engine) as connection:
            connection.execute(update(evaluation).where(evaluation.c.id == evaluation_id).values(**values))

    def add_samples(self, evaluation_id: str, records: Sequence[SampleRecord]) -> None:
        """Writes samples of an evaluation, by its whole id; one whose infrastructure had failed is replaced."""
        with writing(self._engine) as connection:
            key = connection.scalar(select(evaluation.c.key).where(evaluation.c.id == evaluation_id))
            rows = list({record.number: _sample_row(key, record) for record in records}.values())
            insert_rows(connection, sample, rows)

    def evaluation(self, prefix: str) -> EvalRecord:
        """The evaluation whose id begins with ``prefix`` (4 digits or more).

        Raises:
            ReferenceNotFound: None does, or several do.
        """
        with reading(self._engine) as connection:
            found = unique_prefix(connection, prefix, "evaluation", select(evaluation.c.id))
            row = connection.execute(select(evaluation).where(evaluation.c.id == found)).mappings().one()
            return record_of(EvalRecord, row)

    def evaluations(
        self, suite: str | None = None, name: str | None = None, manifest: str | None = None, limit: int = 50
    ) -> list[EvalRecord]:
        """Evaluations that fit, newest first."""
        query = select(evaluation).order_by(evaluation.c.key.desc()).limit(limit)
        for column, value in (
            (evaluation.c.suite, suite),
            (evaluation.c.name, name),
            (evaluation.c.manifest, manifest),
        ):
            if value is not None:
                query = query.where(column == value)
        with reading(self._engine) as connection:
            return [record_of(EvalRecord, row) for row in connection.execute(query).mappings()]

    def samples(self, evaluation_id: str) -> Iterator[SampleRecord]:
        """The samples of an evaluation, by its whole id, in the order of their numbers, in flat memory."""
        last = -1
        while page := _page(self._engine, _samples(evaluation_id).where(sample.c.number > last).limit(_PAGE)):
            yield from page
            last = page[-1].number

    def done_samples(self, evaluation_id: str) -> list[int]:
        """Numbers of the samples of an evaluation that need no more work: whose infrastructure did not fail."""
        query = (
            select(sample.c.number)
            .join(evaluation, evaluation.c.key == sample.c.evaluation)
            .where(evaluation.c.id == evaluation_id, sample.c.status == "ok")
        )
        with reading(self._engine) as connection:
            return list(connection.scalars(query))

    def delete_evaluations(self, ids: Sequence[str]) -> int:
        """Deletes evaluations, by their whole ids, with their samples; how many there were."""
        with writing(self._engine) as connection:
            return connection.execute(delete(evaluation).where(evaluation.c.id.in_(ids))).rowcount


def _samples(evaluation_id: str) -> Select[Any]:
    columns = [sample.c[name] for name in _SAMPLE_FIELDS]
    joined = select(*columns).join(evaluation, evaluation.c.key == sample.c.evaluation)
    return joined.where(evaluation.c.id == evaluation_id).order_by(sample.c.number)


def _page(engine: Engine, query: Select[Any]) -> list[SampleRecord]:
    with reading(engine) as connection:
        return [SampleRecord(*row) for row in connection.execute(query)]


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
