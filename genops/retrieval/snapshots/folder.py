"""Where the snapshots of an index are, and finding one of them."""

from __future__ import annotations

import re
from pathlib import Path

from genops.artifacts import short
from genops.artifacts.reference import NAME
from genops.errors import DefinitionError, Location, ReferenceNotFound, SnapshotError, nearest
from genops.index_settings import IndexSettings
from genops.retrieval.snapshots.pointer import Use, digest_in_use, history, put_in_use, roll_back
from genops.retrieval.snapshots.snapshot import Snapshot, rebuild
from genops.settings import Settings

_DIGEST = re.compile(r"[0-9a-f]{64}")


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


def digests(folder: Path) -> list[str]:
    """Of everything in an index's folder that is named as a snapshot is."""
    return sorted(path.name for path in folder.glob("*") if _DIGEST.fullmatch(path.name))


def list_snapshots(settings: Settings, name: str) -> list[Snapshot]:
    """The readable snapshots of an index, newest first."""
    folder = index_folder(settings, name)
    found = []
    for digest in digests(folder):
        try:
            found.append(Snapshot.load(name, folder / digest))
        except SnapshotError:
            continue
    return sorted(found, key=lambda snapshot: (snapshot.manifest.built_at, snapshot.digest), reverse=True)


def find_snapshot(settings: Settings, name: str, prefix: str | None = None) -> Snapshot:
    """A snapshot of an index: the one in use, or the one whose digest begins with ``prefix``.

    Raises:
        ReferenceNotFound: The settings define no such index, or no snapshot, or more than one, has that prefix.
        SnapshotError: Nothing was built yet, or the manifest is missing, damaged or of another format.
    """
    index_settings(settings, name)
    folder = index_folder(settings, name)
    digest = _by_prefix(folder, name, prefix) if prefix else digest_in_use(folder, name)
    if digest is None:
        raise SnapshotError(f"index {name!r} was not built yet", hint=rebuild(name))
    return Snapshot.load(name, folder / digest)


def current_digest(settings: Settings, name: str) -> str | None:
    """The digest of the snapshot in use, or None before the first build.

    Raises:
        SnapshotError: The pointer cannot be read.
    """
    return digest_in_use(index_folder(settings, name), name)


def snapshot_history(settings: Settings, name: str) -> list[Use]:
    """Every change of the snapshot in use, oldest first.

    Raises:
        SnapshotError: The pointer cannot be read.
    """
    return history(index_folder(settings, name), name)


def use_snapshot(settings: Settings, name: str, prefix: str) -> Snapshot:
    """Puts an existing snapshot in use, as after a bad build. It is verified first.

    Raises:
        ReferenceNotFound: See :func:`find_snapshot`.
        SnapshotError: It is damaged; the one in use stays.
    """
    snapshot = find_snapshot(settings, name, prefix)
    snapshot.verify(again=True)
    put_in_use(snapshot, "use")
    return snapshot


def rollback_index(settings: Settings, name: str) -> Snapshot:
    """Puts the snapshot in use that was in use before the present one; again goes back further.

    Raises:
        ReferenceNotFound: There was none, or it was removed.
        SnapshotError: It is damaged; the one in use stays.
    """
    index_settings(settings, name)
    return find_snapshot(settings, name, roll_back(index_folder(settings, name), name))


def _by_prefix(folder: Path, name: str, prefix: str) -> str:
    known = digests(folder)
    matches = [digest for digest in known if digest.startswith(prefix)]
    if len(matches) == 1:
        return matches[0]
    trouble = f"{len(matches)} snapshots begin" if matches else "no snapshot begins"
    raise ReferenceNotFound(
        f"index {name!r}: {trouble} with {prefix!r}",
        hint=nearest(prefix, (short(digest) for digest in matches or known)),
    )
