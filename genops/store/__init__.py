"""The store: tables, migrations, the background writer and every query, on SQLite or PostgreSQL.

What is kept is cut by what it is of (runs, evaluations, …), three times alike: its ``records`` as everybody knows them,
its ``tables``, and its ``queries``, which make up the methods of :class:`Store`. Runs go in by the :class:`Writer`, in
the background; all else by the queries, in commits that are acknowledged.

Importing this package costs nothing; the database libraries come with the first :class:`Store`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.late import late

if TYPE_CHECKING:
    from genops.store.records.caches import CacheKind, CacheSize
    from genops.store.records.runs import RunFilter, RunRecord, SpanKind, SpanRecord, Status, StoreCounts
    from genops.store.records.versions import LabelMove, VersionRecord
    from genops.store.store import Store
    from genops.store.writer import Writer

_LATER = {
    "CacheKind": "genops.store.records.caches",
    "CacheSize": "genops.store.records.caches",
    "LabelMove": "genops.store.records.versions",
    "RunFilter": "genops.store.records.runs",
    "RunRecord": "genops.store.records.runs",
    "SpanKind": "genops.store.records.runs",
    "SpanRecord": "genops.store.records.runs",
    "Status": "genops.store.records.runs",
    "Store": "genops.store.store",
    "StoreCounts": "genops.store.records.runs",
    "VersionRecord": "genops.store.records.versions",
    "Writer": "genops.store.writer",
}

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

__getattr__ = late(__name__, _LATER)
