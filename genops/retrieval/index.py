"""Searching an index snapshot."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from genops.artifacts import Component, Json
from genops.artifacts.canonical import DIGEST_LENGTH
from genops.errors import InputError, Location, SnapshotError
from genops.retrieval.embedders import Embedder, embed_texts, embedder_named
from genops.retrieval.flat import FlatVectors
from genops.retrieval.snapshot import VECTORS, Passage, Snapshot, find_snapshot, index_settings, rebuild
from genops.settings import Settings

CANARY_TOLERANCE = 1e-3
QUERY_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    Attributes:
        chunk_id: The chunk's id.
        text: The passage.
        uri: The document's path in the project.
        start: First character of the passage in the document, from 0.
        end: One past the last.
        score: Cosine similarity of query and passage, -1 to 1; higher is better.
        rank: From 1.
        heading: The headings that it stands under, outermost first, joined by `` > ``.
        index: The index's name.
        snapshot: Digest of the snapshot that was searched.
    """

    chunk_id: str
    text: str
    uri: str
    start: int
    end: int
    score: float
    rank: int
    heading: str
    index: str
    snapshot: str


class Retriever(Protocol):
    """What finds passages for a query.

    Attributes:
        component: What a lock pins of it.
    """

    @property
    def component(self) -> Component: ...  # noqa: D102

    def search(self, query: str, k: int) -> list[Hit]:
        """At most ``k`` hits, best first.

        Raises:
            InputError: The query or ``k`` cannot be searched with.
        """
        ...

    async def asearch(self, query: str, k: int) -> list[Hit]:
        """As :meth:`search`, without holding up the event loop."""
        ...


class Index:
    """A snapshot, open for search. Safe to use from several threads; the model is loaded by the first search.

    Args:
        snapshot: What to search.
        embedder: What turns a query into a vector; it must be what the snapshot was built with.
    """

    def __init__(self, snapshot: Snapshot, embedder: Embedder) -> None:
        self._snapshot = snapshot
        self._embedder = embedder
        self._loading = threading.Lock()

    @property
    def name(self) -> str:
        """The index's name."""
        return self._snapshot.name

    @property
    def snapshot(self) -> str:
        """The snapshot's digest."""
        return self._snapshot.digest

    @property
    def component(self) -> Component:
        """What a lock pins of it."""
        return self._snapshot.component

    def search(self, query: str, k: int) -> list[Hit]:
        """The ``k`` passages most similar to a query, best first; all of them when there are fewer.

        A query beyond the embedder's window is searched by the mean of its pieces' vectors.

        Raises:
            InputError: The query is empty, not text or beyond ``QUERY_CHARACTERS``, or ``k`` is below 1.
            SnapshotError: A file of the snapshot is damaged, or the embedder is not the one that it was built with.
        """
        _check(query, k)
        vectors, chunks = self._loaded()
        found = vectors.search(embed_texts(self._embedder, [query], role="query"), k)
        return [
            Hit(
                chunk_id=chunks[row].id,
                text=chunks[row].text,
                uri=chunks[row].uri,
                start=chunks[row].start,
                end=chunks[row].end,
                score=score,
                rank=rank,
                heading=chunks[row].heading,
                index=self.name,
                snapshot=self.snapshot,
            )
            for rank, (row, score) in enumerate(found, start=1)
        ]

    async def asearch(self, query: str, k: int) -> list[Hit]:
        """As :meth:`search`, in a thread."""
        return await asyncio.to_thread(self.search, query, k)

    def _loaded(self) -> tuple[FlatVectors, list[Passage]]:
        with self._loading:
            return self._content

    @cached_property
    def _content(self) -> tuple[FlatVectors, list[Passage]]:
        manifest = self._snapshot.manifest
        self._check_embedder()
        vectors, chunks = FlatVectors.loads(self._snapshot.read(VECTORS)), self._snapshot.chunks()
        if vectors.shape != (manifest.chunks, manifest.dimension) or len(chunks) != manifest.chunks:
            raise SnapshotError(
                "the files of the index snapshot do not belong together",
                at=Location(self._snapshot.folder),
                hint=rebuild(self.name),
            )
        return vectors, chunks

    def _check_embedder(self) -> None:
        """The identity first, then what it really does with the canaries."""
        manifest, embedder = self._snapshot.manifest, self._embedder
        built_with, given = manifest.identity.embedder, embedder.identity()
        if built_with != given or manifest.dimension != embedder.dimension:
            raise SnapshotError(
                f"index {self.name!r} was built with the embedder {_named(built_with)}"
                f" and the settings name {_named(given)}",
                hint=f"{rebuild(self.name)}, or set its `embedder` back",
            )
        now = embed_texts(embedder, [canary.text for canary in manifest.canaries])
        similarity = min(float(vector @ canary.vector) for canary, vector in zip(manifest.canaries, now, strict=True))
        if similarity < 1 - CANARY_TOLERANCE:
            raise SnapshotError(
                f"the embedder {_named(given)} no longer gives the vectors that index {self.name!r} was built with"
                f" (similarity {similarity:.4f} on a known text)",
                hint=f"a library changed what it computes; remove {self._snapshot.folder} and {rebuild(self.name)}",
            )


def open_index(settings: Settings, name: str, snapshot: str | None = None) -> Index:
    """Opens an index, without loading the model: once in a process for each snapshot.

    Args:
        settings: The project's.
        name: The index's, as in the settings.
        snapshot: A digest or its beginning; None for the snapshot in use.

    Raises:
        ReferenceNotFound: No such index, snapshot or embedder.
        SnapshotError: It was not built yet, or a file is missing, damaged or of another format.
    """
    found = find_snapshot(settings, name, snapshot)
    embedder = embedder_named(settings, index_settings(settings, name).embedder)
    key = (found.folder.resolve(), tuple(found.manifest.files.values()), embedder)
    with _opening:
        if key not in _opened:
            found.verify()
            while len(_opened) >= _KEPT_OPEN:
                del _opened[next(iter(_opened))]
            _opened[key] = Index(found, embedder)
        return _opened[key]


_KEPT_OPEN = 16
_opened: dict[tuple[Path, tuple[str, ...], Embedder], Index] = {}
_opening = threading.Lock()


def _check(query: str, k: int) -> None:
    if not query.strip():
        raise InputError("the query is empty", hint="search for some text")
    if len(query) > QUERY_CHARACTERS:
        raise InputError(f"the query has {len(query):,} characters", hint=f"{QUERY_CHARACTERS:,} at most")
    if any("\ud800" <= character <= "\udfff" for character in query):
        raise InputError("the query holds a lone surrogate, which is not text", hint="check how it was decoded")
    if k < 1:
        raise InputError(f"k is {k}", hint="ask for 1 hit or more")


def _named(identity: Mapping[str, Json]) -> str:
    return ", ".join(
        f"{key} {str(value)[:12] if len(str(value)) == DIGEST_LENGTH else value}" for key, value in identity.items()
    )
