"""An index with documents beside those of its snapshot, for as long as it is searched; nothing is published."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from genops.retrieval.chunk import Cutter
from genops.retrieval.document import Document
from genops.retrieval.embedders import embed_texts
from genops.retrieval.search.beside import IndexBeside
from genops.retrieval.search.index import Index
from genops.retrieval.search.sameness import checked_analyzer
from genops.retrieval.snapshots.segment import Segment
from genops.retrieval.snapshots.segment_writer import SegmentWriter
from genops.retrieval.snapshots.snapshot import Snapshot

_SEGMENT = "segment-beside"


def extended(index: Index, documents: Sequence[Document]) -> Index:
    """The index as an update with new documents would leave it, without the update.

    The documents are cut, embedded and indexed as a build does it, into one segment in a temporary folder, which goes
    when the result does. The snapshot's own segments are read where they lie, as by every snapshot that shares them;
    the weights of words are those of all passages together. An index on a server is copied to this machine first.

    Args:
        index: Open; it stays as it is.
        documents: None of them is in it.

    Raises:
        UsageError: It is on a server, and too large to be copied from there.
        InputError: A single character of a document has more tokens than a chunk.
    """
    index = index.here
    snapshot = index.snapshot_in_use
    assert isinstance(snapshot, Snapshot)
    index.check_embedder()
    folder = Path(tempfile.mkdtemp(prefix="genops-index-"))
    try:
        segment = _segment(index, snapshot, documents, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    more = ExtendedSnapshot(snapshot.name, snapshot.manifest, folder, snapshot, segment)
    found = IndexBeside(more, index.embedder, index.root, index.history, base=index)
    weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
    return found


def _segment(index: Index, snapshot: Snapshot, documents: Sequence[Document], folder: Path) -> Segment:
    """The segment of the documents, written and open."""
    cut, dimension = snapshot.manifest.identity.chunker, snapshot.manifest.dimension
    cutter = Cutter(index.embedder, cut.name, cut.tokens, cut.overlap)
    with SegmentWriter(folder / "new", dimension) as writer:
        for document in documents:
            writer.add(document, cutter.chunks(document))
        entry = writer.finish(
            _SEGMENT, "flat", lambda texts: embed_texts(index.embedder, texts), checked_analyzer(snapshot)
        )
    return Segment(folder / _SEGMENT, entry, dimension)


@dataclass(frozen=True)
class ExtendedSnapshot(Snapshot):
    """A snapshot with one segment more.

    Attributes:
        base: The published one, of which the manifest is.
        beside: The segment.
    """

    base: Snapshot
    beside: Segment

    @cached_property
    def segments(self) -> list[Segment]:
        """Those of the published snapshot, and the one beside them."""
        return [*self.base.segments, self.beside]

    def sources(self) -> list[dict[str, Any]]:
        """Of the published snapshot."""
        return self.base.sources()

    def verify(self, again: bool = False) -> str:
        """Checks the published snapshot; the segment was just written."""
        return self.base.verify(again)
