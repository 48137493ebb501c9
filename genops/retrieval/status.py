"""Whether an index still is what its sources and settings would give."""

from __future__ import annotations

from dataclasses import dataclass

from genops.retrieval.build import identity_of
from genops.retrieval.embedders import embedder_named
from genops.retrieval.snapshot import current_digest, find_snapshot, index_settings
from genops.retrieval.sources import read_documents
from genops.settings import Settings


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """The snapshot in use against the working tree.

    Attributes:
        name: The index's.
        snapshot: Digest of the snapshot in use, or None before the first build.
        added: Uris of sources that it does not have.
        removed: Uris that it has and the sources no longer.
        changed: Uris whose text is another.
        settings_changed: Whether the chunker or the embedder is another.
    """

    name: str
    snapshot: str | None
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    settings_changed: bool

    @property
    def fresh(self) -> bool:
        """Whether a build would do nothing."""
        differs = self.added or self.removed or self.changed or self.settings_changed
        return self.snapshot is not None and not differs


def status(settings: Settings, name: str) -> IndexStatus:
    """Compares the sources of an index, by their hashes, with its snapshot in use.

    Raises:
        ReferenceNotFound: No such index or embedder.
        InputError: A source cannot be read (see :func:`read_documents`); so with ``DefinitionError``.
        SnapshotError: The snapshot in use is damaged.
    """
    index = index_settings(settings, name)
    identity = identity_of(index, embedder_named(settings, index.embedder), read_documents(settings, index))
    now = identity.sources
    if current_digest(settings, name) is None:
        return IndexStatus(name, None, tuple(sorted(now)), (), (), settings_changed=False)
    snapshot = find_snapshot(settings, name)
    built = snapshot.manifest.identity
    return IndexStatus(
        name,
        snapshot.digest,
        added=tuple(sorted(now.keys() - built.sources.keys())),
        removed=tuple(sorted(built.sources.keys() - now.keys())),
        changed=tuple(sorted(uri for uri in now.keys() & built.sources.keys() if now[uri] != built.sources[uri])),
        settings_changed=(identity.embedder, identity.chunker) != (built.embedder, built.chunker),
    )
