"""Index snapshots on disk: immutable folders named by their digest, and a pointer to the one in use.

``.genops/indexes/NAME/`` holds a folder for each snapshot (``manifest.json``, ``chunks.jsonl``, ``index.faiss``) and
the file ``current`` with the digest of the one in use. Nothing is ever changed in a published folder.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import orjson

from genops.artifacts import Component, short
from genops.artifacts.reference import NAME
from genops.errors import DefinitionError, Location, ReferenceNotFound, SnapshotError, nearest
from genops.index_settings import IndexSettings
from genops.retrieval.chunk import Chunk, embedded_text
from genops.retrieval.document import Document
from genops.retrieval.manifest import Manifest
from genops.settings import Settings

MANIFEST, CHUNKS, VECTORS, CURRENT = "manifest.json", "chunks.jsonl", "index.faiss", "current"
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Passage(Chunk):
    """A chunk as a snapshot keeps it.

    Attributes:
        uri: Its document's.
        text: ``document.text[start:end]``.
        embedded_text: What the embedder reads of it.
    """

    uri: str
    text: str
    embedded_text: str

    @classmethod
    def of(cls, document: Document, chunk: Chunk) -> Passage:
        """What is kept of a chunk of a document."""
        text = document.text[chunk.start : chunk.end]
        return cls(**asdict(chunk), uri=document.uri, text=text, embedded_text=embedded_text(document, chunk))


@dataclass(frozen=True)
class Snapshot:
    """An immutable build of an index.

    Attributes:
        name: The index's.
        folder: Where its files are.
        manifest: What it was built from.
    """

    name: str
    folder: Path
    manifest: Manifest

    @property
    def digest(self) -> str:
        """The digest of its logical identity, which is that of its component."""
        return self.manifest.digest

    @cached_property
    def component(self) -> Component:
        """The component that a lock pins."""
        return self.manifest.identity.component(self.name)

    def read(self, file: str) -> bytes:
        """The bytes of one of its files.

        Raises:
            SnapshotError: The file is missing, or its bytes are not those that were written.
        """
        at = Location(self.folder / file)
        try:
            data = (self.folder / file).read_bytes()
        except OSError as error:
            raise SnapshotError(
                f"a file of the index snapshot cannot be read: {error.strerror}", at=at, hint=rebuild(self.name)
            ) from None
        if hashlib.sha256(data).hexdigest() != self.manifest.files.get(file):
            raise SnapshotError("a file of the index snapshot was changed or damaged", at=at, hint=rebuild(self.name))
        return data

    def verify(self) -> None:
        """Checks the bytes of every file.

        Raises:
            SnapshotError: One is missing or was changed.
        """
        for file in (CHUNKS, VECTORS):
            self.read(file)

    def chunks(self) -> list[Passage]:
        """Its chunks, in the order of their vectors."""
        return [Passage(**orjson.loads(line)) for line in self.read(CHUNKS).splitlines()]


def rebuild(name: str) -> str:
    """The hint of every error about a snapshot."""
    return f"build it with `genops index build {name}`"


def index_settings(settings: Settings, name: str) -> IndexSettings:
    """What the settings say of an index.

    Raises:
        ReferenceNotFound: They define none of that name.
        DefinitionError: The name cannot be that of a folder.
    """
    at = Location(settings.source) if settings.source else None
    if name not in settings.indexes:
        raise ReferenceNotFound(
            f"no index is called {name!r}",
            hint=nearest(name, settings.indexes) + " (define it under [tool.genops.indexes])",
        )
    if not NAME.fullmatch(name):
        raise DefinitionError(
            f"{name!r} cannot be the name of an index", at=at, hint="use letters, digits, _ . - and /"
        )
    return settings.indexes[name]


def index_folder(settings: Settings, name: str) -> Path:
    """Where the snapshots of an index are."""
    return settings.data_dir / "indexes" / name


def list_snapshots(settings: Settings, name: str) -> list[Snapshot]:
    """The readable snapshots of an index, newest first."""
    folder = index_folder(settings, name)
    found = []
    for digest in _digests(folder):
        try:
            found.append(Snapshot(name, folder / digest, Manifest.load(folder / digest / MANIFEST, rebuild(name))))
        except SnapshotError:
            continue
    return sorted(found, key=lambda snapshot: (snapshot.manifest.built_at, snapshot.digest), reverse=True)


def current_digest(settings: Settings, name: str) -> str | None:
    """The digest of the snapshot in use, or None before the first build.

    Raises:
        SnapshotError: The pointer cannot be read.
    """
    pointer = index_folder(settings, name) / CURRENT
    try:
        digest = pointer.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SnapshotError(f"cannot be read: {error}", at=Location(pointer), hint=rebuild(name)) from None
    if not _DIGEST.fullmatch(digest):
        raise SnapshotError("does not name a snapshot", at=Location(pointer), hint=rebuild(name))
    return digest


def find_snapshot(settings: Settings, name: str, prefix: str | None = None) -> Snapshot:
    """A snapshot of an index: the one in use, or the one whose digest begins with ``prefix``.

    Raises:
        ReferenceNotFound: The settings define no such index, or no snapshot, or more than one, has that prefix.
        SnapshotError: Nothing was built yet, or the manifest is missing, damaged or of another format.
    """
    index_settings(settings, name)
    folder = index_folder(settings, name)
    digest = _by_prefix(folder, name, prefix) if prefix else current_digest(settings, name)
    if digest is None:
        raise SnapshotError(f"index {name!r} was not built yet", hint=rebuild(name))
    return Snapshot(name, folder / digest, Manifest.load(folder / digest / MANIFEST, rebuild(name)))


def use_snapshot(settings: Settings, name: str, prefix: str) -> Snapshot:
    """Puts an existing snapshot in use, as after a bad build. It is verified first.

    Raises:
        ReferenceNotFound: See :func:`find_snapshot`.
        SnapshotError: It is damaged; the one in use stays.
    """
    snapshot = find_snapshot(settings, name, prefix)
    snapshot.verify()
    point_to(snapshot)
    return snapshot


def point_to(snapshot: Snapshot) -> None:
    """Puts a published snapshot in use, atomically."""
    folder = snapshot.folder.parent
    temporary = folder / f".{CURRENT}-{secrets.token_hex(8)}"
    write_durably(temporary, f"{snapshot.digest}\n".encode("ascii"))
    temporary.replace(folder / CURRENT)
    sync_folder(folder)


def write_durably(path: Path, data: bytes) -> None:
    """Writes a file and waits until the disk has it."""
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Waits until the disk has the names in a folder, where the platform can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digests(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*") if _DIGEST.fullmatch(path.name))


def _by_prefix(folder: Path, name: str, prefix: str) -> str:
    known = _digests(folder)
    matches = [digest for digest in known if digest.startswith(prefix)]
    if len(matches) == 1:
        return matches[0]
    trouble = f"{len(matches)} snapshots begin" if matches else "no snapshot begins"
    raise ReferenceNotFound(
        f"index {name!r}: {trouble} with {prefix!r}",
        hint=nearest(prefix, (short(digest) for digest in matches or known)),
    )
