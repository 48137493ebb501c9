"""Components and locks."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Text
from sqlmodel import Field

from genops.store.tables.columns import JsonText, Stored, table


class StoredComponent(Stored, table=True):
    """A component's canonical body by its digest."""

    __tablename__ = "component"

    digest: str = Field(sa_column=Column(Text, primary_key=True))
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)


class StoredLock(Stored, table=True):
    """A lock by its digest."""

    __tablename__ = "lock"

    digest: str = Field(sa_column=Column(Text, primary_key=True))
    chain: str = Field(sa_type=Text)


class LockComponent(Stored, table=True):
    """An entry of a lock, at its position."""

    __tablename__ = "lock_component"
    __table_args__ = (Index("lock_component_digest", "digest"), Index("lock_component_name", "kind", "name"))

    lock: str = Field(sa_column=Column(Text, ForeignKey("lock.digest"), primary_key=True))
    position: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    digest: str = Field(sa_column=Column(Text, ForeignKey("component.digest"), nullable=False))
    uses: str = Field(sa_type=JsonText)


component = table("component")
lock = table("lock")
lock_component = table("lock_component")
