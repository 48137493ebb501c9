"""Drift checks, and where watches stand."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Text
from sqlmodel import Field

from genops.store.tables.columns import Int64, JsonText, Stored, table


class DriftCheck(Stored, table=True):
    """Fields as in :class:`~genops.store.records.drift.DriftRecord`; keyed by the start, as runs are."""

    __tablename__ = "drift_check"
    __table_args__ = (Index("drift_check_check", "check", "key"),)

    key: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=False))
    id: str = Field(sa_type=Text, unique=True)
    check: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    current: str = Field(sa_type=Text)
    started: int = Field(sa_type=BigInteger)
    ended: int = Field(sa_type=BigInteger)
    verdict: str = Field(sa_type=Text)
    body: str = Field(sa_type=JsonText)


class DriftWatch(Stored, table=True):
    """Fields as in :class:`~genops.store.records.drift.WatchRecord`."""

    __tablename__ = "drift_watch"

    watch: str = Field(sa_column=Column(Text, primary_key=True))
    manifest: str = Field(sa_type=Text)
    cursor: int = Field(sa_type=BigInteger)
    seen: int = Field(sa_type=BigInteger)
    updated: int = Field(sa_type=BigInteger)
    baseline: str = Field(sa_type=JsonText)
    state: str = Field(sa_type=JsonText)
    alarms: str = Field(sa_type=JsonText)


drift_check = table("drift_check")
drift_watch = table("drift_watch")
