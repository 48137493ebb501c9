"""Where the rules of monitors stand, and the messages that follow from it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Text
from sqlmodel import Field

from genops.store.tables.columns import Int64, JsonText, Stored, table


class Alert(Stored, table=True):
    """Fields as in :class:`~genops.store.records.alerts.AlertRecord`."""

    __tablename__ = "alert"

    monitor: str = Field(sa_column=Column(Text, primary_key=True))
    rule: str = Field(sa_column=Column(Text, primary_key=True))
    state: str = Field(sa_type=Text)
    since: int = Field(sa_type=BigInteger)
    looked: int = Field(sa_type=BigInteger)
    said: str = Field(sa_type=Text)
    told: int | None = Field(sa_type=BigInteger)
    silenced: int | None = Field(sa_type=BigInteger)
    pending: str = Field(sa_type=Text)
    looks: int
    measure: str = Field(sa_type=JsonText)


class Delivery(Stored, table=True):
    """Fields as in :class:`~genops.store.records.alerts.DeliveryRecord`, numbered in the order of writing."""

    __tablename__ = "delivery"
    __table_args__ = (Index("delivery_due", "accepted", "due"),)

    number: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=True))
    id: str = Field(sa_type=Text, unique=True)
    monitor: str = Field(sa_type=Text)
    rule: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    body: str = Field(sa_type=JsonText)
    created: int = Field(sa_type=BigInteger)
    due: int = Field(sa_type=BigInteger)
    attempts: int
    accepted: int | None = Field(sa_type=BigInteger)
    error: str = Field(sa_type=Text)


alert = table("alert")
delivery = table("delivery")
