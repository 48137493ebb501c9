"""The manifest of an index snapshot: its logical identity, which makes its digest, and what guards its files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from genops.artifacts import Component, digest_of
from genops.errors import Location, SnapshotError
from genops.index_settings import IndexKind, SearchSettings

FORMAT = 4


def rebuild(name: str) -> str:
    """The hint of every error about a snapshot."""
    return f"build it with `genops index build {name}`"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Chunker(_Part):
    """How documents were cut.

    Attributes:
        version: Of the cutting itself; it rises when the same text would be cut otherwise.
        name: See :class:`~genops.index_settings.IndexSettings`.
        tokens: Size of a chunk.
        overlap: Tokens shared by neighbours.
    """

    version: int
    name: str
    tokens: int
    overlap: int


class DocumentsDigest(_Part):
    """All documents in one digest.

    Attributes:
        count: How many.
        digest: SHA-256 over their ids and digests, by id.
    """

    count: int
    digest: str

    @classmethod
    def of(cls, documents: Mapping[str, str]) -> DocumentsDigest:
        """That of documents given as id to digest."""
        listing = hashlib.sha256()
        for name in sorted(documents):
            listing.update(f"{name}\0{documents[name]}\n".encode())
        return cls(count=len(documents), digest=listing.hexdigest())


class Identity(_Part):
    """What a snapshot was built from. The same inputs give the same digest on every machine.

    Attributes:
        kind: The index structure that the settings ask for.
        metric: What a dense score is.
        embedder: :meth:`Embedder.identity`.
        chunker: See :class:`Chunker`.
        analyzer: How texts become words for BM25; None where nothing but vectors is searched.
        search: How it is searched where a search does not say otherwise.
        reranker: Hashes of the cross-encoder that ``search`` names, where it is a folder.
        documents: See :class:`DocumentsDigest`.
    """

    kind: IndexKind = "auto"
    metric: str = "cosine"
    embedder: dict[str, Any]
    chunker: Chunker
    analyzer: dict[str, Any] | None
    search: SearchSettings
    reranker: dict[str, str] | None = Field(default=None, exclude_if=lambda hashes: hashes is None)
    documents: DocumentsDigest

    def component(self, name: str) -> Component:
        """The component that a lock pins; its digest is the snapshot's."""
        return Component("index", name, self.model_dump(mode="json"))

    def shares_passages_with(self, other: Identity) -> bool:
        """Whether a document has the same chunks, vectors and words in both."""
        return (self.embedder, self.chunker, self.analyzer) == (other.embedder, other.chunker, other.analyzer)


class Canary(_Part):
    """A text with the vector that the embedder gave it when the snapshot was built."""

    text: str
    vector: list[float]


class SegmentEntry(_Part):
    """One segment of a snapshot.

    Attributes:
        name: Its folder.
        kind: Of its vectors' index.
        documents: How many it holds, tombstones among them.
        chunks: How many it holds, tombstones among them.
        words: Whether it can be searched by words.
        deleted: Documents of it, by position, that the snapshot no longer has.
    """

    name: str
    kind: str
    documents: int
    chunks: int
    words: bool
    deleted: list[int] = []


class FileEntry(_Part):
    """What guards a file: its size in bytes and its SHA-256."""

    size: int
    sha256: str


class Manifest(_Part):
    """``manifest.json`` of a snapshot.

    Attributes:
        format: Version of the snapshot's files.
        digest: The snapshot's, that of its identity.
        identity: See :class:`Identity`.
        dimension: Numbers in a vector.
        documents: How many can be found.
        chunks: How many can be found.
        segments: The large one first, and what came after it.
        metadata: Fields that a search can be filtered by, with their types.
        files: Path in the snapshot to what guards it, of every other file.
        canaries: What tells a changed embedder.
        warnings: What the builder was warned of.
        built_at: ISO 8601 in UTC; not a part of the identity.
    """

    format: int = FORMAT
    digest: str
    identity: Identity
    dimension: int
    documents: int
    chunks: int
    segments: list[SegmentEntry]
    metadata: dict[str, str]
    files: dict[str, FileEntry]
    canaries: list[Canary]
    warnings: list[str] = []
    built_at: str

    def dumps(self) -> bytes:
        """The file's bytes, with a checksum over everything in it."""
        content = self.model_dump(mode="json")
        return orjson.dumps({**content, "checksum": digest_of(content)}, option=orjson.OPT_INDENT_2)

    @classmethod
    def loads(cls, data: bytes | str, digest: str, at: Location, rebuild: str) -> Manifest:
        """Reads and checks a manifest that was read already.

        Args:
            data: What :meth:`dumps` gave.
            digest: The snapshot's that it is to be of.
            at: Where it was read.
            rebuild: The hint of every error.

        Raises:
            SnapshotError: It is unreadable, of another format, edited, or not that of the snapshot.
        """
        try:
            content = orjson.loads(data)
        except ValueError as error:
            raise SnapshotError(f"the manifest cannot be read: {error}", at=at, hint=rebuild) from None
        stated = content.get("format") if isinstance(content, dict) else None
        if stated != FORMAT:
            raise SnapshotError(
                f"the index snapshot has format {stated!r}, and this genops reads {FORMAT}", at=at, hint=rebuild
            )
        checksum = content.pop("checksum", None)
        try:
            manifest = cls.model_validate(content)
            intact = checksum == digest_of(content) and manifest.digest == manifest.identity.component("").digest
        except ValidationError as error:
            raise SnapshotError(
                f"the manifest is incomplete: {error.errors()[0]['loc']}", at=at, hint=rebuild
            ) from None
        if not intact or manifest.digest != digest:
            raise SnapshotError("the manifest was edited or damaged", at=at, hint=rebuild)
        return manifest
