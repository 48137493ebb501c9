"""Payloads, and the caches that name them or hold their own."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Text
from sqlmodel import Field

from genops.store.tables.columns import Digest, Stored, table


class StoredPayload(Stored, table=True):
    """A value's bytes by their digest."""

    __tablename__ = "payload"

    digest: str = Field(sa_column=Column(Digest, primary_key=True))
    data: bytes


class CacheEntry(Stored, table=True):
    """The memo (``value`` is a payload's digest in text) and the response cache (``value`` is the response)."""

    __tablename__ = "cache_entry"

    kind: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    value: bytes


class Sweep(Stored, table=True):
    """One row that counts deletions of payloads, so that writers forget which payloads they wrote."""

    __tablename__ = "sweep"

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    count: int


payload = table("payload")
cache_entry = table("cache_entry")
sweep = table("sweep")
