"""A connection to Qdrant, whose failures are told as genops tells errors, and never with a key in them."""

from __future__ import annotations

import os
import threading
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from genops.errors import DefinitionError, SnapshotError, Unfinished

_TIMEOUT = 60
_FOLDER = "qdrant+path:"


class Connection:
    """A server, or a folder in the client's local mode. Safe to use from several threads.

    Args:
        url: ``qdrant+http://HOST:PORT``, ``qdrant+https://…`` (a password is the API key), ``qdrant+path:FOLDER``.

    Attributes:
        place: The URL without the key.
        local: Whether it is a folder.

    Raises:
        DefinitionError: The URL cannot be read.
    """

    def __init__(self, url: str) -> None:
        self.local = url.startswith(_FOLDER)
        self._start_afresh()
        _connections.add(self)
        if self.local:
            self.place = url
            folder = url.removeprefix(_FOLDER)
            self._options: dict[str, Any] = {"path": folder, "force_disable_check_same_thread": True}
            return
        try:
            parts = urlsplit(url.removeprefix("qdrant+"))
            host, port = parts.hostname, parts.port or 6333
        except ValueError:
            host = None
        if not host:
            raise DefinitionError("`backend` cannot be read as a URL", hint="write qdrant+http://HOST:PORT")
        self.place = f"qdrant+{parts.scheme}://{host}:{port}{parts.path.rstrip('/')}"
        self._options = {
            "url": f"{parts.scheme}://{host}:{port}",
            "prefix": parts.path.strip("/") or None,
            "api_key": parts.password,
            "timeout": _TIMEOUT,
            "check_compatibility": False,  # it would ask the server before anything is asked of it
        }

    def _start_afresh(self) -> None:
        self._lock = threading.RLock()
        self._users = 0

    @staticmethod
    def to(url: str, root: Path) -> Connection:
        """The process's connection to a URL, of which a folder is relative to a project's."""
        if url.startswith(_FOLDER):
            url = f"{_FOLDER}{(root / url.removeprefix(_FOLDER)).resolve()}"
        return _connection(url)

    @cached_property
    def _client(self) -> Any:
        try:
            from qdrant_client import QdrantClient
        except ImportError:
            raise DefinitionError(
                "an index is in Qdrant, whose client is not installed", hint="pip install 'genops[qdrant]'"
            ) from None
        return QdrantClient(**self._options)

    def close(self) -> None:
        """Closes the client, unless a call is under way; the next call opens another."""
        with self._lock:
            if not self._users and "_client" in self.__dict__:
                self.__dict__.pop("_client").close()

    @contextmanager
    def client(self) -> Iterator[Any]:
        """The client, for some calls; a local one is for one thread at a time.

        Raises:
            Unfinished: The server cannot be reached, or refuses; another process has the folder.
            SnapshotError: What is asked for is not there.
        """
        with self._used() as opened:
            if not self.local:
                with self._told():
                    yield opened
                return
            with self._lock, self._told(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that a folder has no indexes is known
                yield opened

    @contextmanager
    def _used(self) -> Iterator[Any]:
        with self._lock:
            opened = self._opened()
            self._users += 1
        try:
            yield opened
        finally:
            with self._lock:
                self._users -= 1

    def _opened(self) -> Any:
        with self._told():
            try:
                return self._client
            except RuntimeError as error:
                if "already accessed" not in str(error):
                    raise
                raise Unfinished(
                    f"{self.place} is in use by another process",
                    hint="one process at a time can use a folder; run a Qdrant server for more",
                ) from None

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse
        except ImportError:  # told by what opens the client
            yield
            return
        try:
            yield
        except ResponseHandlingException as error:
            raise Unfinished(
                f"Qdrant cannot be reached at {self.place}: {error}",
                hint="check that the server runs and that the URL is right",
            ) from None
        except UnexpectedResponse as error:
            if error.status_code in (401, 403):
                raise Unfinished(
                    f"Qdrant at {self.place} refuses the key",
                    hint="put the key into the URL as its password, qdrant+https://:KEY@HOST:PORT, in `backend_env`",
                ) from None
            reason = error.content.decode("utf-8", "replace")[:300] if error.content else error.reason_phrase
            kind = SnapshotError if error.status_code == 404 else Unfinished
            raise kind(f"Qdrant at {self.place} answers {error.status_code}: {reason}") from None
        except ValueError as error:  # what a folder says where a server answers 404
            if not self.local or "not found" not in str(error):
                raise
            raise SnapshotError(f"Qdrant at {self.place}: {error}") from None
        except ApiException as error:
            raise Unfinished(f"Qdrant at {self.place} failed: {error}") from None


@cache
def _connection(url: str) -> Connection:
    return Connection(url)


_connections: weakref.WeakSet[Connection] = weakref.WeakSet()
_inherited: list[object] = []


def _after_fork() -> None:
    """The child opens a client by itself; the one that it inherited is the parent's, and is not closed."""
    for connection in list(_connections):
        _inherited.append(connection.__dict__.pop("_client", None))
        connection._start_afresh()


os.register_at_fork(after_in_child=_after_fork)
