"""Which backend an index has, by its URL."""

from __future__ import annotations

import atexit
import os
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from genops.errors import DefinitionError
from genops.index_settings import IndexSettings
from genops.retrieval.backends.backend import Backend
from genops.settings import Settings

LOCAL = "faiss"
_URLS = "write faiss, postgresql://USER@HOST/DATABASE, qdrant+http://HOST:PORT or qdrant+path:FOLDER"
_SECRETS = frozenset({"password", "passfile", "sslpassword", "api_key"})


def backend_of(settings: Settings, name: str) -> Backend | None:
    """The backend of an index, one instance a process for each URL; None when its snapshots are on this machine.

    Nothing is opened yet.

    Raises:
        ReferenceNotFound: The settings define no such index.
        DefinitionError: ``backend`` is no URL of a backend, or holds a password; or its client is not installed.
    """
    from genops.retrieval.snapshots.folder import index_settings

    index = index_settings(settings, name)
    url = _url(index, name)
    if url == LOCAL:
        return None
    key = (url, settings.root.resolve(), name)
    if key not in _made:
        _made[key] = _new(*key)
    return _made[key]


@atexit.register
def close_backends(root: Path | None = None) -> None:
    """Gives back the connections to backends that are not in use; an index that is searched again connects again.

    Args:
        root: Folder of the project whose indexes they are; every project's when not given.
    """
    for (_, project, _), backend in list(_made.items()):
        if root is None or project == root.resolve():
            backend.close()


_made: dict[tuple[str, Path, str], Backend] = {}


def _url(index: IndexSettings, name: str) -> str:
    if index.backend_env is None:
        if _has_password(index.backend):
            raise DefinitionError(
                f"`backend` of index {name!r} holds a password",
                hint="put the URL into an environment variable, and name it with `backend_env`",
            )
        return index.backend
    url = os.environ.get(index.backend_env, "")
    if not url:
        raise DefinitionError(
            f"the environment variable {index.backend_env} is not set", hint=f"it holds the URL of index {name!r}"
        )
    return url


def _has_password(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # told when it is opened
        return False
    return parts.password is not None or any(key in _SECRETS for key, _ in parse_qsl(parts.query))


def _new(url: str, root: Path, name: str) -> Backend:
    scheme = url.partition(":")[0]
    if scheme in ("postgresql", "postgres"):
        from genops.retrieval.backends.postgres import PostgresBackend

        return PostgresBackend.of(url, name)
    if scheme in ("qdrant+http", "qdrant+https", "qdrant+path"):
        from genops.retrieval.backends.qdrant import QdrantBackend

        return QdrantBackend.of(url, root, name)
    raise DefinitionError(f"`backend` of index {name!r} is no backend", hint=_URLS)
