"""Building an index snapshot: beside the one in use, published whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from genops.errors import Location, SnapshotError
from genops.index_settings import IndexSettings
from genops.retrieval.chunk import CHUNKER_VERSION, chunk_document
from genops.retrieval.document import Document
from genops.retrieval.embedders import Embedder, embed_texts, embedder_named
from genops.retrieval.flat import FlatVectors
from genops.retrieval.manifest import Canary, Chunker, Identity, Manifest
from genops.retrieval.snapshot import (
    CHUNKS,
    MANIFEST,
    VECTORS,
    Passage,
    Snapshot,
    find_snapshot,
    index_folder,
    index_settings,
    point_to,
    rebuild,
    sync_folder,
    write_durably,
)
from genops.retrieval.sources import read_documents
from genops.settings import Settings

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors

Progress = Callable[[int, int], None]

_BATCH = 64
_ABANDONED_AFTER = 24 * 3600.0
_TEMPORARY = ".building-"
_CANARIES = (
    "What is the capital of France?",
    "def replay(trace): return [step.output for step in trace.steps]",
    "The index snapshot is immutable, and a pointer says which one is in use.",
)


def build_index(settings: Settings, name: str, progress: Progress | None = None) -> Snapshot:
    """Builds an index from its sources and puts it in use. When nothing changed, nothing is done.

    Vectors of passages that the snapshot in use already has are taken from there.

    Args:
        settings: The project's.
        name: The index's, as in the settings.
        progress: Called with the passages embedded so far and how many there are to embed, first with 0.

    Raises:
        ReferenceNotFound: No such index or embedder.
        InputError: A source cannot be used (see :func:`read_documents`); so with ``DefinitionError``.
        SnapshotError: The snapshot cannot be written. After any error the one in use stays in use.
    """
    index = index_settings(settings, name)
    embedder = embedder_named(settings, index.embedder)
    documents = read_documents(settings, index)
    identity = identity_of(index, embedder, documents)
    folder = index_folder(settings, name)
    try:
        snapshot = _published(settings, name, identity)
        if snapshot is None:
            snapshot = _build(settings, name, identity, documents, embedder, progress)
        point_to(snapshot)
    except OSError as error:
        raise SnapshotError(
            f"the index cannot be written: {error.strerror or error}",
            at=Location(folder),
            hint="the snapshot in use stays in use; make room or give access, and build again",
        ) from error
    return snapshot


def identity_of(index: IndexSettings, embedder: Embedder, documents: Sequence[Document]) -> Identity:
    """The logical identity that a build of these documents would have."""
    return Identity(
        embedder=embedder.identity(),
        chunker=Chunker(
            name=index.chunker, version=CHUNKER_VERSION, tokens=index.chunk_tokens, overlap=index.overlap_tokens
        ),
        sources={document.uri: document.hash for document in documents},
    )


def _published(settings: Settings, name: str, identity: Identity) -> Snapshot | None:
    """The intact snapshot of an identity, when there is one."""
    folder = index_folder(settings, name) / identity.component(name).digest
    try:
        snapshot = Snapshot(name, folder, Manifest.load(folder / MANIFEST, rebuild(name)))
        snapshot.verify()
    except SnapshotError:
        return None
    return snapshot


def _build(
    settings: Settings,
    name: str,
    identity: Identity,
    documents: Sequence[Document],
    embedder: Embedder,
    progress: Progress | None,
) -> Snapshot:
    how = identity.chunker
    chunks = [
        Passage.of(document, chunk)
        for document in documents
        for chunk in chunk_document(document, embedder, how.name, how.tokens, how.overlap)
    ]
    vectors = _embed(chunks, embedder, _known_vectors(settings, name, embedder), progress)
    files = {
        CHUNKS: b"".join(orjson.dumps(asdict(chunk), option=orjson.OPT_APPEND_NEWLINE) for chunk in chunks),
        VECTORS: FlatVectors.of(vectors).dumps(),
    }
    manifest = Manifest(
        digest=identity.component(name).digest,
        identity=identity,
        dimension=embedder.dimension,
        documents=len(documents),
        chunks=len(chunks),
        files={file: hashlib.sha256(data).hexdigest() for file, data in files.items()},
        canaries=[
            Canary(text=text, vector=[round(float(number), 7) for number in vector])
            for text, vector in zip(_CANARIES, embed_texts(embedder, _CANARIES), strict=True)
        ],
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return _publish(settings, name, identity, manifest, {**files, MANIFEST: manifest.dumps()})


def _known_vectors(settings: Settings, name: str, embedder: Embedder) -> dict[str, Vectors]:
    """Vectors by embedded text, from the snapshot in use when it is intact and of the same embedder."""
    try:
        snapshot = find_snapshot(settings, name)
        if snapshot.manifest.identity.embedder != embedder.identity():
            return {}
        vectors = FlatVectors.loads(snapshot.read(VECTORS)).all()
        return {chunk.embedded_text: vector for chunk, vector in zip(snapshot.chunks(), vectors, strict=True)}
    except SnapshotError:
        return {}


def _embed(
    chunks: Sequence[Passage], embedder: Embedder, known: dict[str, Vectors], progress: Progress | None
) -> Vectors:
    import numpy as np

    texts = [chunk.embedded_text for chunk in chunks]
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    report = progress or (lambda done, total: None)
    report(0, len(missing))
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        known.update(zip(batch, embed_texts(embedder, batch), strict=True))
        report(start + len(batch), len(missing))
    return np.stack([known[text] for text in texts])


def _publish(
    settings: Settings, name: str, identity: Identity, manifest: Manifest, files: dict[str, bytes]
) -> Snapshot:
    """Writes the files beside and gives them their name in one move; another builder may have been first."""
    folder = index_folder(settings, name)
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    temporary = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=folder))
    target, damaged = folder / manifest.digest, folder / f"{temporary.name}-damaged"
    try:
        for file, data in files.items():
            write_durably(temporary / file, data)
        sync_folder(temporary)
        if target.exists() and _published(settings, name, identity) is None:
            with suppress(FileNotFoundError):  # another builder may have moved it already
                target.rename(damaged)
        try:
            temporary.rename(target)
        except OSError:
            published = _published(settings, name, identity)
            if published is None:
                raise
            return published
        sync_folder(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(damaged, ignore_errors=True)
    return Snapshot(name, target, manifest)


def _sweep(folder: Path) -> None:
    """Removes what killed builders left."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        with suppress(FileNotFoundError):  # its builder is done with it
            if time.time() - path.stat().st_mtime > _ABANDONED_AFTER:
                shutil.rmtree(path, ignore_errors=True)
