"""The store: tables, migrations, the background writer and every query, on SQLite or PostgreSQL.

What is kept is cut by what it is of (runs, evaluations, …), three times alike: its ``records`` as everybody knows them,
its ``tables``, and its ``queries``, which make up the methods of :class:`Store`. Runs go in by the :class:`Writer`, in
the background; all else by the queries, in commits that are acknowledged.

Importing this package costs nothing but the records; the database libraries come with the first :class:`Store`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.late import late
from genops.store.records.caches import CacheKind, CacheSize
from genops.store.records.runs import RunFilter, RunRecord, SpanKind, SpanRecord, Status, StoreCounts
from genops.store.records.versions import LabelMove, VersionRecord

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

__getattr__ = late(__name__, {"Store": "genops.store.store", "Writer": "genops.store.writer"})
