"""Servers of models, what their engines say, load tests and measured prices."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Text
from sqlmodel import Field

from genops.store.tables.columns import Int64, JsonText, Stored, table


class Served(Stored, table=True):
    """Fields as in :class:`~genops.store.records.serving.ServedRecord`."""

    __tablename__ = "served"
    __table_args__ = (Index("served_alias", "alias", "ended"),)

    id: str = Field(sa_column=Column(Text, primary_key=True))
    alias: str = Field(sa_type=Text)
    replica: int
    host: str = Field(sa_type=Text)
    supervisor: int
    engine_pid: int | None
    url: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    phase: str = Field(sa_type=Text)
    started: int = Field(sa_type=BigInteger)
    ready: int | None = Field(sa_type=BigInteger)
    ended: int | None = Field(sa_type=BigInteger)
    beat: int = Field(sa_type=BigInteger)
    engine: str = Field(sa_type=Text)
    model: str = Field(sa_type=Text)
    digests: str = Field(sa_type=JsonText)
    adapters: str = Field(sa_type=JsonText)
    sampling: str = Field(sa_type=JsonText)
    arguments: str = Field(sa_type=JsonText)
    key_file: str = Field(sa_type=Text)
    log: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    restarts: int


class EngineFigures(Stored, table=True):
    """Fields as in :class:`~genops.store.records.serving.EngineFiguresRecord`, numbered in the order of writing."""

    __tablename__ = "engine_figures"
    __table_args__ = (Index("engine_figures_at", "alias", "at"),)

    number: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=True))
    served: str = Field(sa_type=Text)
    alias: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)
    figures: str = Field(sa_type=JsonText)


class LoadTest(Stored, table=True):
    """Fields as in :class:`~genops.store.records.serving.LoadTestRecord`, numbered in the order of writing."""

    __tablename__ = "load_test"
    __table_args__ = (Index("load_test_alias", "alias", "at"),)

    number: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=True))
    id: str = Field(sa_type=Text, unique=True)
    alias: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)
    manifest: str = Field(sa_type=JsonText)
    summary: str = Field(sa_type=JsonText)


class ModelPrice(Stored, table=True):
    """Fields as in :class:`~genops.store.records.serving.PriceRecord`."""

    __tablename__ = "model_price"

    alias: str = Field(sa_column=Column(Text, primary_key=True))
    input: float
    output: float
    cached_input: float | None
    source: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)
    model: str = Field(sa_type=Text)


served = table("served")
engine_figures = table("engine_figures")
load_test = table("load_test")
model_price = table("model_price")
