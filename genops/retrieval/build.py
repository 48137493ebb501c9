"""Building an index snapshot: beside the one in use, from what changed alone, published whole or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from genops.errors import InputError, Location, SnapshotError, Unfinished, UsageError
from genops.index_settings import IndexSettings
from genops.retrieval.backends import backend_of
from genops.retrieval.changes import Changes
from genops.retrieval.chunk import CHUNKER_VERSION, Cutter
from genops.retrieval.dense import choose_kind
from genops.retrieval.document import Document
from genops.retrieval.embedders import Embedder, VectorCache, embed_texts, embedder_named, language_warning
from genops.retrieval.lexical import Analyzer
from genops.retrieval.search.rerank import reranker_identity
from genops.retrieval.snapshots.folder import current_digest, find_snapshot, index_settings, local_shelf
from genops.retrieval.snapshots.layouts import MANIFEST
from genops.retrieval.snapshots.local import LocalShelf
from genops.retrieval.snapshots.manifest import (
    Canary,
    Chunker,
    DocumentsDigest,
    FileEntry,
    Identity,
    Manifest,
    SegmentEntry,
)
from genops.retrieval.snapshots.pointer import Overtaken, Use, check_follows, now
from genops.retrieval.snapshots.publish import Guard, publish, published, share, workspace
from genops.retrieval.snapshots.segment import Segment
from genops.retrieval.snapshots.segment_writer import SegmentWriter
from genops.retrieval.snapshots.snapshot import SOURCES, TIMES, Place, Snapshot
from genops.retrieval.warnings import empty_warning, left_out_warning
from genops.settings import Settings

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors

Progress = Callable[[int, int], None]

_NEW = "new"
_ATTEMPTS = 10
_COMPACT_SHARE = 0.1
_COMPACT_CHUNKS = 1_000
_CANARIES = (
    "What is the capital of France?",
    "def replay(trace): return [step.output for step in trace.steps]",
    "The index snapshot is immutable, and a pointer says which one is in use.",
)


def build_index(
    settings: Settings,
    name: str,
    documents: Iterable[Document] | None = None,
    *,
    compact: bool = False,
    progress: Progress | None = None,
    cache: VectorCache | None = None,
) -> Snapshot:
    """Builds an index from its sources and puts it in use. When nothing changed, nothing is done.

    Only documents that changed are cut and embedded; the others are taken from the snapshot in use.

    Args:
        settings: The project's.
        name: The index's, as in the settings.
        documents: Its whole contents, in place of the sources of the settings.
        compact: Rewrites all documents into one segment, as happens by itself once more than a tenth of its passages,
            and more than 1,000, have changed.
        progress: Called with the passages embedded so far and how many there are to embed, first with 0.
        cache: Vectors that need not be computed again; by default the project's. ``VectorCache(None)`` keeps none.

    Raises:
        ReferenceNotFound: No such index or embedder.
        InputError: A source or document cannot be used; so with ``DefinitionError``.
        SnapshotError: The snapshot cannot be written. After any error the one in use stays in use.
    """
    build = _Build.of(settings, name, progress, cache)
    if documents is not None:
        return build.run(build.changes.from_documents(documents), compact)
    if not build.index.sources:
        raise UsageError(
            f"index {name!r} has no `sources` in the settings",
            hint="name some, or build it in Python with build_index(settings, name, documents)",
        )
    return build.run(build.changes.from_sources(settings, build.index, build.last), compact)


def update_index(
    settings: Settings,
    name: str,
    documents: Iterable[Document] = (),
    remove: Iterable[str] = (),
    *,
    progress: Progress | None = None,
) -> Snapshot:
    """Adds, replaces and removes documents of the snapshot in use, by id, and puts the result in use.

    Args:
        settings: The project's.
        name: The index's.
        documents: New ones, and new versions of those that it has.
        remove: Ids of documents to take out.
        progress: See :func:`build_index`.

    Updates at once, of threads or processes, all count: one begins where the other ended. When another snapshot is put
    in use meanwhile, by a whole build or by hand, the update begins again from that one.

    Raises:
        SnapshotError: It was not built yet, or with another embedder, chunker or language.
        InputError: A document cannot be used, or one to remove is not there.
        Unfinished: Other snapshots were put in use all the time; nothing was updated.
    """
    index_settings(settings, name)
    given, gone, local = list(documents), set(remove), local_shelf(settings, name)
    with _writing(local), local.turn():
        for _ in range(_ATTEMPTS):
            build = _Build.of(settings, name, progress)
            if build.last is None:
                find_snapshot(settings, name)
                raise SnapshotError(
                    f"index {name!r} was built with another embedder, chunker or language than the settings name,"
                    " or its files are not on this machine",
                    hint="build it whole with build_index, then update it",
                )
            with suppress(Overtaken):
                return build.run(build.changes.from_update(given, gone), after=build.last.digest)
    raise Unfinished(
        f"index {name!r} was not updated: while it was, other snapshots were put in use, {_ATTEMPTS} times in a row",
        hint="what is in use has none of this update; update again when there are fewer builds at once",
    )


def identity_of(settings: Settings, index: IndexSettings, embedder: Embedder, digests: dict[str, str]) -> Identity:
    """The logical identity that a build of these documents would have.

    Args:
        settings: The project's.
        index: The index's.
        embedder: Of the passages.
        digests: Every document's digest, by id.

    Raises:
        DefinitionError: There is no such cross-encoder, or it is not pinned.
    """
    analyzer = _analyzer(index)
    return Identity(
        kind=index.kind,
        embedder=embedder.identity(),
        chunker=Chunker(
            version=CHUNKER_VERSION, name=index.chunker, tokens=index.chunk_tokens, overlap=index.overlap_tokens
        ),
        analyzer=None if analyzer is None else analyzer.identity(),
        search=index.search,
        reranker=reranker_identity(index.search, settings.root),
        documents=DocumentsDigest.of(digests),
    )


@contextmanager
def _writing(local: LocalShelf) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SnapshotError(
            f"the index cannot be written: {error.strerror or error}",
            at=Location(local.folder),
            hint="the snapshot in use stays in use; make room or give access, and build again",
        ) from error


@dataclass(slots=True)
class _Build:
    """One build.

    Attributes:
        identity: What it will be, but for the documents.
        last: The snapshot in use when its passages can be taken over.
        places: Its documents, by id.
        started: When, ISO 8601 in UTC.
    """

    settings: Settings
    name: str
    index: IndexSettings
    embedder: Embedder
    identity: Identity
    last: Snapshot | None
    places: dict[str, Place]
    changes: Changes
    progress: Progress
    cache: VectorCache
    started: str

    @classmethod
    def of(cls, settings: Settings, name: str, progress: Progress | None, cache: VectorCache | None = None) -> _Build:
        index = index_settings(settings, name)
        embedder = embedder_named(settings, index.embedder)
        identity = identity_of(settings, index, embedder, {})
        last = _reusable(settings, name, identity)
        places = {place.record.id: place for place in last.places()} if last is not None else {}
        changes = Changes({name: place.record for name, place in places.items()})
        report = progress or (lambda done, total: None)
        cache = cache or VectorCache.of(settings)
        return cls(settings, name, index, embedder, identity, last, places, changes, report, cache, now())

    def run(self, new: Iterator[Document], compact: bool = False, after: str | None = None) -> Snapshot:
        """Builds, or finds what was built before, and puts it in use.

        Args:
            new: Documents that are not in the last snapshot.
            compact: See :func:`build_index`.
            after: The snapshot that must still be in use then; None when it does not matter.

        Raises:
            Overtaken: Another is; what is in use stays in use.
        """
        local = local_shelf(self.settings, self.name)
        try:
            with _writing(local), workspace(local.folder) as place:
                with Guard(place) as guard:
                    built, replaces = self._build(place, guard, new, compact)
                self.last = None  # its files may go: it may be the older layout of what was built
                return self._put_in_use(built, place, replaces, after)
        finally:
            self.cache.close()

    def _put_in_use(self, built: Snapshot | Manifest, place: Path, replaces: bool, after: str | None) -> Snapshot:
        """Says that it is what counts, where the index is searched; of one that is elsewhere, once it is there."""
        backend = backend_of(self.settings, self.name)
        shelf = backend or local_shelf(self.settings, self.name)
        with shelf.locked():
            if after is not None:
                check_follows(shelf.history(), after)
            snapshot = publish(self.name, place, built, replaces) if isinstance(built, Manifest) else built
            if backend is not None:
                backend.push(snapshot)
            shelf.put_in_use(Use(snapshot.digest, self.started, "build"), after)
        return snapshot

    def _build(
        self, place: Path, guard: Guard, new: Iterator[Document], compact: bool
    ) -> tuple[Snapshot | Manifest, bool]:
        """What was built before, or the manifest of what is in the workspace; and whether it replaces what is there."""
        index = self.index
        with SegmentWriter(place / _NEW, self.embedder.dimension, guard.take) as writer:
            cutter = Cutter(self.embedder, index.chunker, index.chunk_tokens, index.overlap_tokens)
            for document in new:
                writer.add(document, cutter.chunks(document))
            identity = self.identity.model_copy(update={"documents": DocumentsDigest.of(self.changes.digests)})
            there = published(self.name, place.parent, identity.component(self.name).digest)
            renewed = there is not None and self._is_renewed(there)
            if there is not None and not renewed and not (compact and len(there.segments) > 1):
                return there, False
            entries, known = self._segments(place, writer, compact)
            manifest = self._manifest(place, guard, identity, entries, known)
            guard.write(place / MANIFEST, manifest.dumps())
        return manifest, compact or renewed

    def _segments(
        self, place: Path, writer: SegmentWriter, compact: bool
    ) -> tuple[list[SegmentEntry], dict[str, FileEntry]]:
        """The last base with what changed beside it, or everything in a new base."""
        kept = [self.places[name] for name in self.changes.kept]
        base = self.last.segments[0] if self.last is not None else None
        deleted = _deleted(base, kept)
        if base is None or self.last is None or compact or self._outgrown(base, deleted, kept, writer.chunks):
            for item in kept:
                writer.keep(item.segment, item.position)
            return [self._finish(writer, self._base_kind(writer))], {}
        for item in kept:
            if item.segment is not base:
                writer.keep(item.segment, item.position)
        entries = [base.entry.model_copy(update={"deleted": deleted})]
        if writer.documents:
            entries.append(self._finish(writer, "flat"))
        else:
            writer.discard()
        return entries, share(self.last, base.entry.name, place)

    def _outgrown(self, base: Segment, deleted: Sequence[int], kept: Iterable[Place], new: int) -> bool:
        """Whether so much lies beside the base, or is gone from it, that one segment is better."""
        if self.index.kind not in ("auto", base.entry.kind):
            return True
        beside = new + sum(len(item.segment.rows(item.position)) for item in kept if item.segment is not base)
        gone = sum(len(base.rows(position)) for position in deleted)
        return gone == base.entry.chunks or beside + gone > max(_COMPACT_CHUNKS, _COMPACT_SHARE * base.entry.chunks)

    def _base_kind(self, writer: SegmentWriter) -> str:
        if not writer.chunks:
            raise InputError(f"the corpus is empty: no text in {writer.documents} documents", hint="see `sources`")
        chosen: str = self.index.kind
        return choose_kind(writer.chunks, self.embedder.dimension) if chosen == "auto" else chosen

    def _finish(self, writer: SegmentWriter, kind: str) -> SegmentEntry:
        """Completes a segment. Its name is its own: who has an older layout of a snapshot open never reads a newer."""
        name = f"segment-{secrets.token_hex(4)}"
        return writer.finish(name, kind, self._embed(writer.to_embed), _analyzer(self.index))

    def _embed(self, total: int) -> Callable[[Sequence[str]], Vectors]:
        """Embeds batches, through the cache, and reports over all of them."""
        done = 0
        self.progress(0, total)

        def embed(texts: Sequence[str]) -> Vectors:
            nonlocal done
            vectors = embed_texts(
                self.embedder, texts, cache=self.cache, progress=lambda now, _: self.progress(done + now, total)
            )
            done += len(texts)
            self.progress(done, total)
            return vectors

        return embed

    def _is_renewed(self, there: Snapshot) -> bool:
        """Whether a document was modified at another time than a snapshot of the same documents has."""
        same = self.last is not None and self.last.digest == there.digest
        records = self.changes.before.values() if same else there.records()
        return any(self.changes.modified[record.id] != record.modified for record in records)

    def _times(self) -> dict[str, int | None]:
        """When documents were modified that were so since their segment was written, which stays as it is."""
        noted = self.last.times if self.last is not None else {}
        modified = self.changes.modified
        return {
            name: modified[name]
            for name, record in self.changes.kept.items()
            if name in noted or modified[name] != record.modified
        }

    def _manifest(
        self, place: Path, guard: Guard, identity: Identity, entries: list[SegmentEntry], known: dict[str, FileEntry]
    ) -> Manifest:
        """What guards the workspace."""
        lines = (orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in self.changes.sources)
        guard.write(place / SOURCES, b"".join(lines))
        if times := self._times():
            guard.write(place / TIMES, orjson.dumps(times))
        segments = [Segment(place / entry.name, entry, self.embedder.dimension) for entry in entries]
        living = sum(segment.entry.chunks - len(segment.dead_rows()) for segment in segments)
        return Manifest(
            digest=identity.component(self.name).digest,
            identity=identity,
            dimension=self.embedder.dimension,
            documents=len(self.changes.digests),
            chunks=living,
            segments=entries,
            metadata=self.changes.metadata,
            canaries=[
                Canary(text=text, vector=[round(float(number), 7) for number in vector])
                for text, vector in zip(_CANARIES, embed_texts(self.embedder, _CANARIES), strict=True)
            ],
            warnings=self._warnings(segments),
            built_at=self.started,
            files=guard.entries(known),
        )

    def _warnings(self, segments: Sequence[Segment]) -> list[str]:
        said = (
            language_warning(self.embedder, self.index.language),
            empty_warning(segments),
            left_out_warning(self.changes.sources),
        )
        return [warning for warning in said if warning]


def _analyzer(index: IndexSettings) -> Analyzer | None:
    """What finds the words of an index; None where the settings search it by vectors alone."""
    return None if index.search.mode == "dense" else Analyzer.of(index.language)


def _reusable(settings: Settings, name: str, identity: Identity) -> Snapshot | None:
    """The snapshot in use, when it is on this machine, intact, and its passages are those that a build would make."""
    try:
        digest = current_digest(settings, name)
    except SnapshotError:  # a damaged pointer is what a new build repairs
        return None
    while digest is not None:
        try:
            snapshot = local_shelf(settings, name).load(digest)
            if not snapshot.manifest.identity.shares_passages_with(identity):
                return None
            snapshot.verify()
            return snapshot
        except SnapshotError:
            before, digest = digest, current_digest(settings, name)
            if digest == before:  # else another took its place, and this one was removed
                return None
    return None


def _deleted(base: Segment | None, kept: Iterable[Place]) -> list[int]:
    """Documents of the base that are not kept, by position."""
    if base is None:
        return []
    living = {item.position for item in kept if item.segment is base}
    return [position for position in range(base.entry.documents) if position not in living]
