"""Feedback, where monitors stand and what they scored, rules and messages."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Text
from sqlmodel import Field

from genops.store.tables.columns import Int64, JsonText, Stored, table


class Feedback(Stored, table=True):
    """Fields as in :class:`~genops.store.records.monitoring.FeedbackRecord`, numbered in the order of writing."""

    __tablename__ = "feedback"
    __table_args__ = (Index("feedback_run", "run"), Index("feedback_created", "created"))

    number: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=True))
    run: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    value: float
    comment: str = Field(sa_type=Text)
    author: str = Field(sa_type=Text)
    created: int = Field(sa_type=BigInteger)


class Monitor(Stored, table=True):
    """Fields as in :class:`~genops.store.records.monitoring.MonitorRecord`."""

    __tablename__ = "monitor"

    monitor: str = Field(sa_column=Column(Text, primary_key=True))
    manifest: str = Field(sa_type=Text)
    began: int = Field(sa_type=BigInteger)
    cursor: int = Field(sa_type=BigInteger)
    seen: int = Field(sa_type=BigInteger)
    updated: int = Field(sa_type=BigInteger)
    latest: str = Field(sa_type=JsonText)
    kept: int = Field(sa_type=BigInteger)
    lease: int = Field(sa_type=BigInteger)


class Monitored(Stored, table=True):
    """Fields as in :class:`~genops.store.records.monitoring.MonitoredRecord`, with the name of the monitor."""

    __tablename__ = "monitored"
    __table_args__ = (Index("monitored_started", "monitor", "started"),)

    monitor: str = Field(sa_column=Column(Text, primary_key=True))
    run: str = Field(sa_column=Column(Text, primary_key=True))
    started: int = Field(sa_type=BigInteger)
    manifest: str = Field(sa_type=Text)
    stratum: str = Field(sa_type=Text)
    probability: float
    scores: str = Field(sa_type=JsonText)
    judged: str = Field(sa_type=JsonText)


feedback = table("feedback")
monitor = table("monitor")
monitored = table("monitored")
