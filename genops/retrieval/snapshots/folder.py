"""Where the snapshots of an index are, finding one of them, and choosing the one in use."""

from __future__ import annotations

from pathlib import Path

from genops.artifacts import short
from genops.artifacts.reference import NAME
from genops.errors import DefinitionError, Location, ReferenceNotFound, SnapshotError, nearest
from genops.index_settings import IndexSettings
from genops.retrieval.snapshots.local import LocalShelf
from genops.retrieval.snapshots.manifest import rebuild
from genops.retrieval.snapshots.pointer import Use, now, trail
from genops.retrieval.snapshots.published import Published
from genops.retrieval.snapshots.shelf import Shelf
from genops.settings import Settings


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


def local_shelf(settings: Settings, name: str) -> LocalShelf:
    """The snapshots of an index on this machine: all of them, or copies of those that were pushed from here."""
    return LocalShelf(name, index_folder(settings, name))


def shelf_of(settings: Settings, name: str) -> Shelf:
    """Where the snapshots of an index are: on this machine, in a database, on a server.

    Raises:
        ReferenceNotFound: The settings define no such index.
        DefinitionError: Its ``backend`` is none.
    """
    from genops.retrieval.backends import backend_of

    return backend_of(settings, name) or local_shelf(settings, name)


def list_snapshots(settings: Settings, name: str) -> list[Published]:
    """The readable snapshots of an index, newest first. Being listed keeps none of them from removal."""
    shelf, found = shelf_of(settings, name), []
    for digest in shelf.digests():
        try:
            found.append(shelf.load(digest).let_go())
        except SnapshotError:
            continue
    return sorted(found, key=lambda snapshot: (snapshot.manifest.built_at, snapshot.digest), reverse=True)


def find_snapshot(settings: Settings, name: str, prefix: str | None = None) -> Published:
    """A snapshot of an index: the one in use, or the one whose digest begins with ``prefix``.

    Raises:
        ReferenceNotFound: The settings define no such index, or no snapshot, or more than one, has that prefix.
        SnapshotError: Nothing was built yet, or the manifest is missing, damaged or of another format.
    """
    shelf = shelf_of(settings, name)
    while True:
        digest = _by_prefix(shelf, name, prefix) if prefix else _in_use(shelf)
        if digest is None:
            raise SnapshotError(f"index {name!r} was not built yet", hint=rebuild(name))
        try:
            return shelf.load(digest)
        except SnapshotError:
            if prefix or _in_use(shelf) == digest:  # else another took its place, and this one was removed
                raise


def current_digest(settings: Settings, name: str) -> str | None:
    """The digest of the snapshot in use, or None before the first build.

    Raises:
        SnapshotError: The pointer cannot be read.
    """
    return _in_use(shelf_of(settings, name))


def snapshot_history(settings: Settings, name: str) -> list[Use]:
    """Every change of the snapshot in use, oldest first.

    Raises:
        SnapshotError: The pointer cannot be read.
    """
    return shelf_of(settings, name).history()


def use_snapshot(settings: Settings, name: str, prefix: str) -> Published:
    """Puts an existing snapshot in use, as after a bad build. It is verified first.

    Raises:
        ReferenceNotFound: See :func:`find_snapshot`.
        SnapshotError: It is damaged; the one in use stays.
    """
    shelf, snapshot = shelf_of(settings, name), find_snapshot(settings, name, prefix)
    snapshot.verify(again=True)
    with shelf.locked():
        shelf.put_in_use(Use(snapshot.digest, now(), "use"))
    return snapshot


def rollback_index(settings: Settings, name: str) -> Published:
    """Puts the snapshot in use that was in use before the present one; again goes back further.

    Raises:
        ReferenceNotFound: There was none, or it was removed.
        SnapshotError: It is damaged; the one in use stays.
    """
    shelf = shelf_of(settings, name)
    with shelf.locked():
        before = trail(shelf.history())[:-1]
        if not before:
            raise ReferenceNotFound(
                f"index {name!r}: no snapshot was in use before this one",
                hint=f"see `genops index list`, and choose one with `genops index use {name} DIGEST`",
            )
        digest = before[-1]
        if digest not in shelf.digests():
            raise ReferenceNotFound(
                f"index {name!r}: the snapshot before this one, {short(digest)}, was removed",
                hint=f"choose another with `genops index use {name} DIGEST`",
            )
        snapshot = shelf.load(digest)
        snapshot.verify()
        shelf.put_in_use(Use(digest, now(), "rollback"))
    return snapshot


def _in_use(shelf: Shelf) -> str | None:
    uses = shelf.history()
    return uses[-1].digest if uses else None


def _by_prefix(shelf: Shelf, name: str, prefix: str) -> str:
    known = shelf.digests()
    matches = [digest for digest in known if digest.startswith(prefix)]
    if len(matches) == 1:
        return matches[0]
    trouble = f"{len(matches)} snapshots begin" if matches else "no snapshot begins"
    raise ReferenceNotFound(
        f"index {name!r}: {trouble} with {prefix!r}",
        hint=nearest(prefix, (short(digest) for digest in matches or known)),
    )
