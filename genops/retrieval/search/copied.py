"""A copy on this machine of an index that is on a server, made of its passages and vectors; nothing is published."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genops.errors import UsageError
from genops.retrieval.search.beside import IndexBeside
from genops.retrieval.search.sameness import checked_analyzer
from genops.retrieval.snapshots.published import Published
from genops.retrieval.snapshots.segment import DocumentRecord, Passage
from genops.retrieval.snapshots.segment_writer import SegmentWriter
from genops.retrieval.snapshots.snapshot import Snapshot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from genops.retrieval.embedders.embedder import Vectors
    from genops.retrieval.search.corpus import Corpus
    from genops.retrieval.search.index import Index

MOST = 200_000
"""Passages of an index that is copied: more would take minutes and gigabytes, to be thrown away."""
_SEGMENT = "segment-copied"
_PAGE = 1_000


def check_copyable(index: Index) -> None:
    """Makes sure that a copy of an index is not too large.

    Raises:
        UsageError: It is.
    """
    passages = index.snapshot_in_use.manifest.chunks
    if not isinstance(index.snapshot_in_use, Snapshot) and passages > MOST:
        what = f"the index {index.name!r} is on a server and has {passages:,} passages: at most {MOST:,} are copied"
        raise UsageError(what, hint="take a smaller one, or one that is on this machine")


def copied(index: Index) -> Index:
    """The index with its passages on this machine, in a temporary folder that goes when the copy does.

    It finds what the index itself does, by every vector: where the server looks at near ones alone, it may miss some
    of that. White space that passages leave out is not copied.

    Args:
        index: On a server; it stays as it is.

    Raises:
        UsageError: It is too large to be copied.
        Unfinished: The server cannot be reached.
    """
    check_copyable(index)
    snapshot, corpus = index.snapshot_in_use, index.corpus
    rows = corpus.living()
    folder = Path(tempfile.mkdtemp(prefix="genops-index-"))
    try:
        with SegmentWriter(folder / "new", snapshot.manifest.dimension) as writer:
            for record, passages in _documents(corpus, rows):
                writer.take(record, _text(passages), passages)
            entry = writer.finish(_SEGMENT, "flat", _vectors(corpus, rows), checked_analyzer(snapshot))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    manifest = snapshot.manifest.model_copy(update={"segments": [entry]})
    found = IndexBeside(
        CopiedSnapshot(snapshot.name, manifest, folder, snapshot), index.embedder, index.root, index.history, base=index
    )
    weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
    return found


@dataclass(frozen=True)
class CopiedSnapshot(Snapshot):
    """A snapshot as it was copied.

    Attributes:
        base: The published one, of which the manifest is.
    """

    base: Published

    def sources(self) -> list[dict[str, Any]]:
        """Of the published snapshot."""
        return self.base.sources()

    def verify(self, again: bool = False) -> str:
        """Checks the published snapshot; the copy was just written."""
        return self.base.verify(again)


def _documents(corpus: Corpus, rows: NDArray[np.int64]) -> Iterator[tuple[DocumentRecord, list[Passage]]]:
    """Documents with their passages, in the order of their rows."""
    pages = (rows[first : first + _PAGE] for first in range(0, len(rows), _PAGE))
    found = (pair for page in pages for pair in corpus.passages(page))
    for _, pairs in groupby(found, key=lambda pair: pair[0].id):
        listed = list(pairs)
        yield listed[0][0], [passage for _, passage in listed]


def _text(passages: Sequence[Passage]) -> str:
    """The text of a document as far as its passages have it, each where it stood."""
    text = ""
    for passage in passages:
        text = text.ljust(passage.start) + passage.text[max(0, len(text) - passage.start) :]
    return text


def _vectors(corpus: Corpus, rows: NDArray[np.int64]) -> Callable[[Sequence[str]], Vectors]:
    """Gives the vectors of texts that are asked for in the order of their rows."""
    done = 0

    def given(texts: Sequence[str]) -> Vectors:
        nonlocal done
        done += len(texts)
        return corpus.vectors(rows[done - len(texts) : done])

    return given
