"""All tables at once, to hold them against what the migrations make."""

from __future__ import annotations

from genops.store.tables import (
    alerts,
    campaigns,
    components,
    drift,
    evaluations,
    monitoring,
    payloads,
    runs,
    serving,
    versions,
)
from genops.store.tables.columns import Stored

__all__ = [
    "alerts",
    "campaigns",
    "components",
    "drift",
    "evaluations",
    "metadata",
    "monitoring",
    "payloads",
    "runs",
    "serving",
    "versions",
]

metadata = Stored.metadata
