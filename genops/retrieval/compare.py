"""Two snapshots of an index side by side: their documents, and what a query finds in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from genops.retrieval.search import Hit, Index
from genops.retrieval.snapshots import Published

Fate = Literal["same", "moved", "appeared", "vanished"]


@dataclass(frozen=True, slots=True)
class DocumentsDiff:
    """What a snapshot's documents are against an earlier one's, by id.

    Attributes:
        added: Only in the later one.
        removed: Only in the earlier one.
        changed: In both, with another text or metadata.
        settings: Names of the parts of the identity that differ: ``embedder``, ``chunker``, ``search`` …
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    settings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChunkDiff:
    """What became of one passage among the best for a query.

    Attributes:
        fate: ``moved`` when its rank is another.
        before: Its hit in the earlier snapshot, if it is one there.
        after: Its hit in the later one.
    """

    fate: Fate
    before: Hit | None
    after: Hit | None

    @property
    def hit(self) -> Hit:
        """The passage as it is now, else as it was."""
        hit = self.after or self.before
        assert hit is not None
        return hit


def compare_documents(before: Published, after: Published) -> DocumentsDiff:
    """How the documents and the settings of two snapshots differ.

    Raises:
        SnapshotError: One of them is damaged.
    """
    for snapshot in (before, after):
        snapshot.verify()
    old = {record.id: record.digest for record in before.records()}
    new = {record.id: record.digest for record in after.records()}
    was, now = before.manifest.identity.model_dump(), after.manifest.identity.model_dump()
    return DocumentsDiff(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(name for name in old.keys() & new.keys() if old[name] != new[name])),
        settings=tuple(name for name in was if name != "documents" and was[name] != now[name]),
    )


def compare_hits(before: Index, after: Index, query: str, k: int) -> list[ChunkDiff]:
    """Chunk by chunk, what a query finds in two snapshots: first as the later one ranks them, then what vanished.

    A passage is the same one when document, span and text are.

    Raises:
        InputError: The query cannot be searched with.
        SnapshotError: The embedder is not the one that one of them was built with.
    """
    old = {hit.chunk_id: hit for hit in before.search(query, k)}
    found = []
    for hit in after.search(query, k):
        was = old.pop(hit.chunk_id, None)
        fate: Fate = "appeared" if was is None else "same" if was.rank == hit.rank else "moved"
        found.append(ChunkDiff(fate, was, hit))
    return found + [ChunkDiff("vanished", hit, None) for hit in old.values()]
