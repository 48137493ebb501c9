"""Published versions and the moves of labels."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Text
from sqlmodel import Field

from genops.store.tables.columns import Stored, table


class PublishedVersion(Stored, table=True):
    """Fields as in :class:`~genops.store.records.versions.VersionRecord`."""

    __tablename__ = "version"

    kind: str = Field(sa_column=Column(Text, primary_key=True))
    name: str = Field(sa_column=Column(Text, primary_key=True))
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    digest: str = Field(sa_type=Text)
    lock: str = Field(sa_column=Column(Text, ForeignKey("lock.digest"), nullable=False))
    message: str = Field(sa_type=Text)
    author: str = Field(sa_type=Text)
    created: int = Field(sa_type=BigInteger)


class MovedLabel(Stored, table=True):
    """Fields as in :class:`~genops.store.records.versions.LabelMove`; a label points where its last move says."""

    __tablename__ = "label_move"
    __table_args__ = (Index("label_move_name", "kind", "name", "label"),)

    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    label: str = Field(sa_type=Text)
    version: int
    message: str = Field(sa_type=Text)
    author: str = Field(sa_type=Text)
    rollback: bool
    created: int = Field(sa_type=BigInteger)


version = table("version")
label_move = table("label_move")
