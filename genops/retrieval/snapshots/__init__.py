"""Index snapshots: immutable builds named by what they were made from, and a pointer to the one in use."""

from genops.retrieval.snapshots.folder import (
    current_digest,
    find_snapshot,
    list_snapshots,
    rollback_index,
    snapshot_history,
    use_snapshot,
)
from genops.retrieval.snapshots.gc import collect_garbage
from genops.retrieval.snapshots.pointer import Use
from genops.retrieval.snapshots.published import Published
from genops.retrieval.snapshots.shelf import Removed
from genops.retrieval.snapshots.snapshot import Snapshot

__all__ = [
    "Published",
    "Removed",
    "Snapshot",
    "Use",
    "collect_garbage",
    "current_digest",
    "find_snapshot",
    "list_snapshots",
    "rollback_index",
    "snapshot_history",
    "use_snapshot",
]
