"""Whether an index still is what its sources and settings would give."""

from __future__ import annotations

import time
from dataclasses import dataclass

from genops.retrieval.build import identity_of
from genops.retrieval.changes import Changes
from genops.retrieval.embedders import embedder_named
from genops.retrieval.snapshots.folder import current_digest, find_snapshot, index_settings
from genops.settings import Settings


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """The snapshot in use against the sources.

    Attributes:
        name: The index's.
        snapshot: Digest of the snapshot in use, or None before the first build.
        added: Ids of documents that it does not have.
        removed: Ids that it has and the sources no longer.
        changed: Ids of documents whose text or metadata is another.
        expired: Ids of documents past their time to live.
        settings_changed: Whether embedder, chunker, language, kind or search settings are others.
        warnings: What the build was warned of.
    """

    name: str
    snapshot: str | None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    settings_changed: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def fresh(self) -> bool:
        """Whether a build would change nothing but the times of documents, and nothing has expired."""
        differs = self.added or self.removed or self.changed or self.expired or self.settings_changed
        return self.snapshot is not None and not differs


def status(settings: Settings, name: str) -> IndexStatus:
    """Compares the sources of an index with its snapshot in use; of files, only those that were touched are read.

    An index whose documents come from Python alone is compared by its settings and times to live.

    Raises:
        ReferenceNotFound: No such index or embedder.
        InputError: A source cannot be read; so with ``DefinitionError``.
        SnapshotError: The snapshot in use is damaged.
    """
    index = index_settings(settings, name)
    if current_digest(settings, name) is None:
        changes = Changes()
        added = [document.id for document in changes.from_sources(settings, index, None)] if index.sources else []
        return IndexStatus(name, None, added=tuple(sorted(added)))
    snapshot = find_snapshot(settings, name)
    snapshot.verify()
    before = {record.id: record for record in snapshot.records()}
    changes = Changes(before)
    new: set[str] = set()
    if index.sources:
        new = {document.id for document in changes.from_sources(settings, index, snapshot)}
    else:
        changes.digests = {name: record.digest for name, record in before.items()}
    embedder, built = embedder_named(settings, index.embedder), snapshot.manifest
    now = identity_of(settings, index, embedder, changes.digests)
    return IndexStatus(
        name,
        snapshot.digest,
        added=tuple(sorted(new - before.keys())),
        removed=tuple(sorted(before.keys() - changes.digests.keys())),
        changed=tuple(sorted(new & before.keys())),
        expired=tuple(sorted(_expired(changes))),
        settings_changed=now.model_copy(update={"documents": built.identity.documents}) != built.identity,
        warnings=tuple(built.warnings),
    )


def _expired(changes: Changes) -> list[str]:
    now = time.time_ns()
    records = changes.kept.values() or changes.before.values()
    return [record.id for record in records if record.expires is not None and record.expires < now]
