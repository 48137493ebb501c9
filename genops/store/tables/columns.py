"""What the tables are made of: their base, and types of columns that are the same on every database."""

from __future__ import annotations

import json
from typing import Any

import orjson
from sqlalchemy import BigInteger, Dialect, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

Int64 = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


class Digest(TypeDecorator[str]):
    """A SHA-256 digest: hexadecimal text outside, 32 bytes in the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Text to bytes."""
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Bytes to text."""
        return None if value is None else bytes(value).hex()


class JsonText(TypeDecorator[Any]):
    """JSON kept as text, in the same bytes on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Value to text; None is NULL."""
        return json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Text to value; raises ValueError when it is not JSON."""
        if value is None:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:  # refuses lone surrogates, which json takes
            return json.loads(value)


def json_text(value: Any) -> str | None:
    """JSON text of a value, whatever it holds: what JSON has no form for becomes its ``str``."""
    if value is None:
        return None
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, default=str)


class Stored(SQLModel):
    """What every table is made of: one metadata for all."""

    model_config = {"defer_build": True}  # rows are read and written by their columns alone
    metadata = MetaData()


def table(name: str) -> Table:
    """The table that is called so in the database; queries are built of its columns."""
    return Stored.metadata.tables[name]
