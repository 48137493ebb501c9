"""The store: tables, migrations, the background writer and every query, on SQLite or PostgreSQL.

Importing this package costs nothing but the records; the database libraries come with the first :class:`Store`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.store.records import (
    CacheKind,
    CacheSize,
    LabelMove,
    RunFilter,
    RunRecord,
    SpanKind,
    SpanRecord,
    Status,
    StoreCounts,
    VersionRecord,
)

if TYPE_CHECKING:
    from genops.store.store import Store
    from genops.store.writer import Writer

__all__ = [
    "CacheKind",
    "CacheSize",
    "LabelMove",
    "RunFilter",
    "RunRecord",
    "SpanKind",
    "SpanRecord",
    "Status",
    "Store",
    "StoreCounts",
    "VersionRecord",
    "Writer",
]


def __getattr__(name: str) -> object:
    """Imports :class:`Store` and :class:`Writer` when first asked for."""
    if name == "Store":
        from genops.store.store import Store

        return Store
    if name == "Writer":
        from genops.store.writer import Writer

        return Writer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
