"""The kinds of vector index, measured on the vectors of an index of the project."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from genops.errors import InputError, UsageError
from genops.retrieval.dense import KindFigures, bench_kinds
from genops.retrieval.snapshots.folder import find_snapshot, index_folder
from genops.retrieval.snapshots.snapshot import Snapshot
from genops.settings import Settings

_BLOCK = 10_000
_FEWEST = 100


def bench_index(
    settings: Settings,
    name: str,
    *,
    queries: int = 200,
    k: int = 10,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
) -> list[KindFigures]:
    """Recall, latency and size of every kind on the vectors of the snapshot in use.

    Args:
        settings: The project's.
        name: The index's; ``NAME`` alone.
        queries: Passages that are left out of the trial indexes and asked for instead; a fifth of all at most.
        k: How many of the nearest.
        seed: Of their choice.
        progress: Called with each kind before it is built.

    Raises:
        SnapshotError: It was not built yet, or is damaged.
        InputError: It has too few passages to tell anything.
        UsageError: It is not on this machine.
    """
    import numpy as np

    snapshot = find_snapshot(settings, name)
    if not isinstance(snapshot, Snapshot):
        raise UsageError(
            f"index {name!r} is in a backend, which chooses by itself how it searches",
            hint="kinds are measured on an index of this machine: leave `backend` out",
        )
    snapshot.verify()
    segments = [segment for segment in snapshot.segments if segment.entry.chunks]
    total = sum(segment.entry.chunks for segment in segments)
    if total < _FEWEST:
        raise InputError(
            f"index {name!r} has {total} passages: too few to measure kinds by, and exact search is best for them",
            hint=f"{_FEWEST} or more are needed",
        )
    asked = np.zeros(total, dtype=bool)
    asked[np.random.default_rng(seed).choice(total, min(queries, total // 5), replace=False)] = True
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=index_folder(settings, name)) as folder:
        shape = (total - int(asked.sum()), snapshot.manifest.dimension)
        stored = np.memmap(Path(folder) / "vectors", dtype=np.float32, mode="w+", shape=shape)
        held, at, first = [], 0, 0
        for segment in segments:
            for begin in range(0, segment.entry.chunks, _BLOCK):
                rows = np.arange(begin, min(begin + _BLOCK, segment.entry.chunks))
                vectors, out = segment.dense.vectors(rows), asked[first + rows]
                held.append(vectors[out])
                stored[at : at + int((~out).sum())] = vectors[~out]
                at += int((~out).sum())
            first += segment.entry.chunks
        return bench_kinds(stored, np.concatenate(held), min(k, len(stored)), folder=Path(folder), progress=progress)
