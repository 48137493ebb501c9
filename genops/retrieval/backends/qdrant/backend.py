"""An index in Qdrant."""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import orjson

from genops.errors import Location, SnapshotError, Unfinished
from genops.retrieval.backends.pushed import PushedSnapshot
from genops.retrieval.backends.qdrant.client import Connection
from genops.retrieval.backends.qdrant.layout import DATA, Layout
from genops.retrieval.backends.rows import approximates
from genops.retrieval.lexical import Analyzer
from genops.retrieval.snapshots.manifest import Manifest, rebuild
from genops.retrieval.snapshots.pointer import Use, check_follows, extended
from genops.retrieval.snapshots.segment import DocumentRecord
from genops.retrieval.snapshots.shelf import Removed
from genops.retrieval.snapshots.snapshot import Snapshot

REGISTRY = "genops_indexes"
"""The collection that has a point for each index, with its pointer, and one for each snapshot, with its manifest."""
_NAMES = uuid.UUID("6d7c1c2e-2a52-4f1c-9a53-0f4a3b7f5c11")
_STAMP = "stamp"
_ABANDONED_SECONDS = 86_400
_PAGE = 100


@dataclass(frozen=True, slots=True)
class QdrantBackend:
    """The snapshots of an index: a collection for each. Their points are never changed once the registry names it.

    Attributes:
        connection: To the server or folder.
        name: The index's.
    """

    connection: Connection
    name: str

    @staticmethod
    def of(url: str, root: Path, name: str) -> QdrantBackend:
        """The backend at a URL.

        Args:
            url: See :class:`Connection`.
            root: The project's folder.
            name: The index's.
        """
        return QdrantBackend(Connection.to(url, root), name)

    @property
    def place(self) -> str:
        """The URL without its key, and the index."""
        return f"{self.connection.place} {self.name}"

    def close(self) -> None:
        """Closes the client, unless it is in use."""
        self.connection.close()

    def locked(self) -> AbstractContextManager[None]:
        """Qdrant has no locks: of two builds at once, the one that ends last is in use. See :meth:`put_in_use`."""
        return nullcontext()

    def history(self) -> list[Use]:
        """Every change of the snapshot in use, oldest first."""
        return _uses(self._entry(self._name_of()))

    def put_in_use(self, use: Use, after: str | None = None) -> None:
        """Points to a snapshot that is there. Whoever else does so at the same moment, of no one the entry is lost.

        Each pointer has a stamp of its own, and the server writes the next one only where it still has the last one's.
        """
        while True:
            before = self._entry(self._name_of())
            uses = _uses(before)
            check_follows(uses, after)
            entries = [list(astuple(each)) for each in extended(uses, use)]
            pointer = {"kind": "index", "index": self.name, "uses": entries, _STAMP: secrets.token_hex(8)}
            self._register(self._name_of(), pointer, _still(before))
            if use in _uses(self._entry(self._name_of())):
                return

    def digests(self) -> list[str]:
        """Of all snapshots."""
        return sorted(entry["digest"] for entry in self._snapshots())

    def load(self, digest: str) -> PushedSnapshot:
        """A snapshot.

        Raises:
            SnapshotError: It is not there, or its manifest is damaged or of another format.
        """
        entry = self._snapshot(digest)
        manifest = Manifest.loads(entry["manifest"], digest, Location(self.place), rebuild(self.name))
        return PushedSnapshot(self.name, manifest, self)

    def remove(self, digests: Collection[str], dry_run: bool) -> Removed:
        """Removes snapshots, and collections that nothing names a day after they were begun."""
        from qdrant_client import models

        entries = [entry for entry in self._snapshots() if entry["digest"] in digests]
        if dry_run:
            return Removed(tuple(digests), None, 0)
        for entry in entries:
            point = self._name_of(entry["digest"])
            with self.connection.client() as client:
                client.delete(REGISTRY, models.PointIdsList(points=[point]), wait=True)
                client.delete_collection(Layout(**entry["layout"]).collection)
        return Removed(tuple(digests), None, self._sweep())

    def _sweep(self) -> int:
        named = {entry["layout"]["collection"] for entry in self._snapshots()}
        removed = 0
        with self.connection.client() as client:
            for collection in client.get_collections().collections:
                begun = collection.name.removeprefix(self._prefix).partition("_")[0]
                if not collection.name.startswith(self._prefix) or collection.name in named:
                    continue
                if time.time() - int(begun, 16) > _ABANDONED_SECONDS:
                    client.delete_collection(collection.name)
                    removed += 1
        return removed

    @property
    def _prefix(self) -> str:
        return f"genops_{hashlib.sha256(self.name.encode()).hexdigest()[:12]}_"

    def push(self, snapshot: Snapshot) -> None:
        """Brings a snapshot into a collection of its own; the registry names it when all of it is there."""
        from genops.retrieval.backends.qdrant.push import Push

        if self._entry(self._name_of(snapshot.digest)) is not None and self._is_as_new(snapshot):
            return
        collection = f"{self._prefix}{int(time.time()):x}_{secrets.token_hex(4)}"
        try:
            layout = Push(self.connection, collection, snapshot).run()
            self._check(layout)
        except BaseException:
            with suppress(Exception), self.connection.client() as client:
                client.delete_collection(collection)
            raise
        self._register(
            self._name_of(snapshot.digest),
            {
                "kind": "snapshot",
                "index": self.name,
                "digest": snapshot.digest,
                "manifest": snapshot.manifest.dumps().decode(),
                "layout": layout.model_dump(mode="json"),
            },
        )

    def _is_as_new(self, snapshot: Snapshot) -> bool:
        """Whether what is there has the times of the snapshot's documents, which its digest does not cover."""
        try:
            there = self.load(snapshot.digest)
        except SnapshotError:  # a damaged one is what a new build repairs
            return False
        if there.manifest.built_at == snapshot.manifest.built_at:
            return True
        times = {record.id: record.modified for record in there.records()}
        return all(times.get(record.id) == record.modified for record in snapshot.records())

    def check(self, manifest: Manifest) -> None:
        """Makes sure that every point of a snapshot is there.

        Raises:
            SnapshotError: Some are not.
        """
        self._check(self._layout(manifest))

    def _check(self, layout: Layout) -> None:
        with self.connection.client() as client:
            there = client.collection_exists(layout.collection)
            points = client.count(layout.collection, exact=True).count if there else 0
        if points != layout.points:
            raise SnapshotError(
                f"the index snapshot in {self.place} has {points:,} points of {layout.points:,}",
                hint=f"choose another with `genops index use {self.name} DIGEST`, or remove this one and build again",
            )

    def records(self, manifest: Manifest) -> Iterator[DocumentRecord]:
        """A snapshot's documents."""
        layout = self._layout(manifest)
        for sheet in self._data(layout, layout.sheet_points()):
            yield from (DocumentRecord(**record) for record, _, _ in sheet)

    def sources(self, manifest: Manifest) -> list[dict[str, Any]]:
        """What a snapshot was read from."""
        layout = self._layout(manifest)
        return [line for part in self._data(layout, layout.parts("sources")) for line in part]

    def corpus(self, manifest: Manifest, analyzer: Analyzer | None) -> Any:
        """A snapshot's passages, searched by Qdrant."""
        from genops.retrieval.backends.qdrant.corpus import QdrantCorpus

        layout, approximate = self._layout(manifest), approximates(manifest) and not self.connection.local
        return QdrantCorpus(self.connection, layout, manifest.dimension, approximate, analyzer)

    def _data(self, layout: Layout, points: Sequence[int]) -> Iterator[Any]:
        """What points hold, page by page."""
        for at in range(0, len(points), _PAGE):
            wanted = list(points[at : at + _PAGE])
            with self.connection.client() as client:
                found = client.retrieve(layout.collection, wanted, with_payload=[DATA])
            held = {point.id: orjson.loads(point.payload[DATA]) for point in found}
            yield from (held[number] for number in wanted if number in held)

    def _layout(self, manifest: Manifest) -> Layout:
        return Layout(**self._snapshot(manifest.digest)["layout"])

    def _snapshot(self, digest: str) -> dict[str, Any]:
        entry = self._entry(self._name_of(digest))
        if entry is None:
            raise SnapshotError(f"there is no snapshot {digest[:12]} in {self.place}", hint=rebuild(self.name))
        return entry

    def _name_of(self, digest: str = "") -> str:
        return str(uuid.uuid5(_NAMES, f"{self.name}#{digest}"))

    def _entry(self, point: str) -> dict[str, Any] | None:
        with self.connection.client() as client:
            if not client.collection_exists(REGISTRY):
                return None
            found = client.retrieve(REGISTRY, [point], with_payload=True)
        return found[0].payload if found else None

    def _snapshots(self) -> list[dict[str, Any]]:
        from qdrant_client import models

        mine = models.Filter(
            must=[
                models.FieldCondition(key="index", match=models.MatchValue(value=self.name)),
                models.FieldCondition(key="kind", match=models.MatchValue(value="snapshot")),
            ]
        )
        found, following = [], None
        with self.connection.client() as client:
            if not client.collection_exists(REGISTRY):
                return []
            while True:
                points, following = client.scroll(REGISTRY, mine, limit=_PAGE, offset=following, with_payload=True)
                found += [point.payload for point in points]
                if following is None:
                    return found

    def _register(self, point: str, payload: dict[str, Any], where: Any = None) -> None:
        """Writes a point; one that is there only if it satisfies a filter."""
        from qdrant_client import models

        with self.connection.client() as client:
            if not client.collection_exists(REGISTRY):
                with suppress(ValueError, Unfinished):  # another may have made it in between
                    client.create_collection(REGISTRY, vectors_config={})
            points = [models.PointStruct(id=point, vector={}, payload=payload)]
            client.upsert(REGISTRY, points, wait=True, ordering=models.WriteOrdering.STRONG, update_filter=where)


def _uses(pointer: dict[str, Any] | None) -> list[Use]:
    return [Use(*use) for use in pointer["uses"]] if pointer else []


def _still(pointer: dict[str, Any] | None) -> Any:
    """The filter that a pointer satisfies until another one is written; where there was none, nothing does."""
    from qdrant_client import models

    if pointer is not None and _STAMP not in pointer:
        return models.Filter(must=[models.IsEmptyCondition(is_empty=models.PayloadField(key=_STAMP))])
    stamp = pointer[_STAMP] if pointer is not None else ""
    return models.Filter(must=[models.FieldCondition(key=_STAMP, match=models.MatchValue(value=stamp))])
