"""The manifest of an index snapshot: its logical identity, which makes its digest, and what guards its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from genops.artifacts import Component, digest_of
from genops.errors import Location, SnapshotError

FORMAT = 1


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Chunker(_Part):
    """How documents were cut.

    Attributes:
        name: Of the chunker.
        version: Of the cutting itself; it rises when the same text would be cut otherwise.
        tokens: Size of a chunk.
        overlap: Tokens shared by neighbours.
    """

    name: str
    version: int
    tokens: int
    overlap: int


class Identity(_Part):
    """What a snapshot was built from. The same inputs give the same digest on every machine.

    Attributes:
        kind: The index structure.
        metric: What a score is.
        embedder: :meth:`Embedder.identity`.
        chunker: See :class:`Chunker`.
        sources: Uri to SHA-256 of the text, of every document.
    """

    kind: str = "flat"
    metric: str = "cosine"
    embedder: dict[str, Any]
    chunker: Chunker
    sources: dict[str, str]

    def component(self, name: str) -> Component:
        """The component that a lock pins; its digest is the snapshot's."""
        return Component("index", name, self.model_dump(mode="json"))


class Canary(_Part):
    """A text with the vector that the embedder gave it when the snapshot was built."""

    text: str
    vector: list[float]


class Manifest(_Part):
    """``manifest.json`` of a snapshot.

    Attributes:
        format: Version of the snapshot's files.
        digest: The snapshot's, that of its identity.
        identity: See :class:`Identity`.
        dimension: Numbers in a vector.
        documents: How many.
        chunks: How many.
        files: Name to SHA-256 of the bytes, of the other files.
        canaries: What tells a changed embedder.
        built_at: ISO 8601 in UTC; not a part of the identity.
    """

    format: int = FORMAT
    digest: str
    identity: Identity
    dimension: int
    documents: int
    chunks: int
    files: dict[str, str]
    canaries: list[Canary]
    built_at: str

    def dumps(self) -> bytes:
        """The file's bytes, with a checksum over everything in it."""
        content = self.model_dump(mode="json")
        return orjson.dumps({**content, "checksum": digest_of(content)}, option=orjson.OPT_INDENT_2)

    @classmethod
    def load(cls, path: Path, rebuild: str) -> Manifest:
        """Reads and checks a manifest.

        Args:
            path: The file.
            rebuild: The hint of every error.

        Raises:
            SnapshotError: It is missing, unreadable, of another format, edited, or not that of its folder.
        """
        at = Location(path)
        try:
            content = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            raise SnapshotError("the index snapshot has no manifest", at=at, hint=rebuild) from None
        except (OSError, ValueError) as error:
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
        if not intact or path.parent.name != manifest.digest:
            raise SnapshotError("the manifest was edited or damaged", at=at, hint=rebuild)
        return manifest
