"""Runs, their spans, and what runs are found by."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Text, text
from sqlmodel import Field

from genops.store.tables.columns import Digest, Int64, JsonText, Stored, table


def _partial_index(name: str, where: str) -> Index:
    """Of the rows that fit alone, on every database: naming PostgreSQL here too would load its dialect, for 20 ms."""
    return Index(f"run_{name}", name, "key", sqlite_where=text(where))


class Run(Stored, table=True):
    """One row a run; fields as in :class:`~genops.store.records.runs.RunRecord`."""

    __tablename__ = "run"
    __table_args__ = (
        Index("run_chain", "chain", "key"),
        Index("run_status", "status", "key"),
        Index("run_lock", "lock", "key"),
        *(_partial_index(name, f'"{name}" IS NOT NULL') for name in ("session", "user", "origin")),
        _partial_index("trace_id", "trace_id <> id"),
    )

    key: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=False))
    id: str = Field(sa_type=Text, unique=True)
    trace_id: str = Field(sa_type=Text)
    chain: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    lock: str = Field(sa_type=Text)
    mode: str = Field(sa_type=Text)
    origin: str | None = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    started: int = Field(sa_type=BigInteger)
    ended: int | None = Field(sa_type=BigInteger)
    cost: float | None
    input_tokens: int = Field(sa_type=BigInteger)
    output_tokens: int = Field(sa_type=BigInteger)
    model_calls: int
    spans: int
    dropped: int
    session: str | None = Field(sa_type=Text)
    user: str | None = Field(sa_type=Text)
    inputs: str | None = Field(sa_type=Digest)
    output: str | None = Field(sa_type=Digest)
    tags: str = Field(sa_type=JsonText)
    error: str | None = Field(sa_type=JsonText)


def _run_key() -> Column[Any]:
    return Column(Int64, ForeignKey("run.key", ondelete="CASCADE"), primary_key=True, autoincrement=False)


class RunText(Stored, table=True):
    """What full-text search finds a run by. FTS5 and tsvector indexes hang on it (see the first migration)."""

    __tablename__ = "run_text"

    run: int = Field(sa_column=_run_key())
    text: str = Field(sa_type=Text)


class RunTag(Stored, table=True):
    """The tags of the runs, for looking up by tag."""

    __tablename__ = "run_tag"
    __table_args__ = (Index("run_tag_run", "run"),)

    tag: str = Field(sa_column=Column(Text, primary_key=True))
    run: int = Field(sa_column=_run_key())


class Span(Stored, table=True):
    """One row a span; fields as in :class:`~genops.store.records.runs.SpanRecord`, with the run's key for its id."""

    __tablename__ = "span"

    run: int = Field(sa_column=_run_key())
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    parent: int | None
    span_id: str = Field(sa_type=Text)
    path: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    started: int = Field(sa_type=BigInteger)
    status: str = Field(sa_type=Text)
    ended: int | None = Field(sa_type=BigInteger)
    input: str | None = Field(sa_type=Digest)
    output: str | None = Field(sa_type=Digest)
    error: str | None = Field(sa_type=JsonText)
    patch: str | None = Field(sa_type=JsonText)
    attributes: str = Field(sa_type=JsonText)


run = table("run")
run_text = table("run_text")
run_tag = table("run_tag")
span = table("span")
