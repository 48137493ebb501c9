"""A project at work: its settings, store, gateway and redaction, opened once and when first needed."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genops.chains import ChainDefinition
from genops.executor.closure import Closure
from genops.plugins import load_plugins
from genops.settings import Settings, load_settings
from genops.store.records.runs import RunRecord
from genops.tracing.context import joined_traceparent
from genops.tracing.recorder import OnFinish, Recorder, new_id
from genops.tracing.redaction import Redactor, refuse_secrets

if TYPE_CHECKING:
    from genops.executor.memo import Memo
    from genops.executor.sources import ProjectSource, Source
    from genops.models import CallRecorder, Gateway
    from genops.store import Store
    from genops.tracing.export import SpanExport

_open: dict[Path, Project] = {}
_lock = threading.Lock()
_KNOWN_VECTORS = 10_000


class Project:
    """Everything that runs of one project share.

    Args:
        settings: The project's settings.
        call_recorder: Is told every model call (``genops run --record``).

    Attributes:
        settings: The project's settings.
        searched: Set by the first search of a run: by then an index and its embedder are loaded.
    """

    def __init__(self, settings: Settings, call_recorder: CallRecorder | None = None) -> None:
        self.settings = settings
        self._call_recorder = call_recorder
        self._vectors: dict[str, Any] = {}
        self.searched = asyncio.Event()
        _projects.add(self)
        load_plugins(settings.plugins, settings.root)

    @classmethod
    def current(cls, start: Path | None = None) -> Project:
        """The project that the working folder is in; the same object for the same folder and settings."""
        settings = load_settings(start)
        with _lock:
            known = _open.get(settings.root)
            if known is None or known.settings != settings:
                if known is not None:
                    known.close()
                known = _open[settings.root] = cls(settings)
            return known

    @cached_property
    def store(self) -> Store:
        """The project's store, open."""
        from genops.store import Store

        return Store.open_for_runs(self.settings.store_url)

    @cached_property
    def redactor(self) -> Redactor:
        """The project's redaction."""
        from genops.tracing.redaction import secret_values

        return Redactor(self.settings.redaction, secret_values(self.settings.key_variables))

    @cached_property
    def gateway(self) -> Gateway:
        """The way to every model."""
        from genops.models import Gateway

        return Gateway(self.settings, cache=self.store, recorder=self._call_recorder, serving=self.store)

    @cached_property
    def export(self) -> SpanExport | None:
        """The OTLP export, when the environment asks for one."""
        from genops.tracing.export import SpanExport

        return SpanExport.from_environment(capture_content=self.settings.capture_content)

    @cached_property
    def source(self) -> ProjectSource:
        """Components as the project has them now."""
        from genops.executor.sources import ProjectSource

        return ProjectSource(self.settings, lambda: self.store)

    def recorder(
        self, chain: str, joined: tuple[str, str] | None = None, on_finish: OnFinish | None = None, **about: Any
    ) -> Recorder:
        """Opens the record of a new run.

        Args:
            chain: Name of the chain, or of the traced function.
            joined: Trace id and span id that the run belongs to; default what the caller's context says.
            on_finish: Told of the finished run and its spans, beside the export.
            about: Further fields of :class:`~genops.store.RunRecord`.
        """
        run_id = new_id(128)
        told = [on_finish] if on_finish is not None else []
        if self.export is not None:
            told.append(self.export.export)
        joined = joined or joined_traceparent()
        record = RunRecord(run_id, joined[0] if joined else run_id, chain, time.time_ns(), **about)
        return Recorder(
            record,
            self.store.writer,
            self.redactor.session(),
            payload_limit=self.settings.limits.payload_bytes,
            on_finish=told,
            parent_span=joined[1] if joined else None,
        )

    def vectors(self, texts: list[str]) -> Any:
        """Vectors of texts by the project's embedder: float32, n x dimension, normalised."""
        import numpy as np

        from genops.retrieval import default_embedder, embed_texts

        known = self._vectors
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            if len(known) + len(new) > _KNOWN_VECTORS:
                known.clear()
                new = list(dict.fromkeys(texts))
            known.update(zip(new, embed_texts(default_embedder(self.settings), new), strict=True))
        return np.stack([known[text] for text in texts])

    def closure(self, root: ChainDefinition, source: Source | None = None, default_model: str | None = None) -> Closure:
        """Everything that a chain refers to, resolved, with its lock.

        Raises:
            ReferenceNotFound: A reference leads nowhere.
            DefinitionError: A file is broken, or a component holds a secret.
        """
        closure = Closure.resolve(
            root, source or self.source, default_model or self.settings.default_model, self.settings.limits.chain_depth
        )
        for component in closure.components:
            refuse_secrets(component)
        return closure

    def memo(self) -> Memo:
        """The memo of the project's store, for evaluation."""
        from genops.executor.memo import Memo

        return Memo(self.store, self._memo_secret())

    def _memo_secret(self) -> bytes:
        """The key of the memo's hashes: made once, whole or not at all, and the same for processes that start at once.

        Where it cannot be kept, on a full disk, it holds for this process.
        """
        import secrets

        path = self.settings.data_dir / "memo.key"
        if path.exists():
            return path.read_bytes()
        secret = secrets.token_bytes(32)
        temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.touch(mode=0o600)
            temporary.write_bytes(secret)
            _link_or_move(temporary, path)
        except FileExistsError:
            return path.read_bytes()
        except OSError:
            return secret
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        return secret

    @contextmanager
    def storing_in(self, url: str) -> Iterator[Store]:
        """Keeps everything in another store meanwhile, as tests do; chains that hold this project go along."""
        from genops.store import Store

        self.close()
        store = self.__dict__["store"] = Store.open(url)
        try:
            yield store
        finally:
            self.close()

    def close(self) -> None:
        """Writes what is still under way and gives everything back."""
        from genops.models.loop_thread import run_sync

        opened = self.__dict__
        if "gateway" in opened:
            run_sync(self.gateway.close())
        if "export" in opened and self.export is not None:
            self.export.close(5.0)
        if "store" in opened:
            self.store.close()
        if "genops.retrieval" in sys.modules:  # nothing of an index is open where it was not even loaded
            from genops.retrieval import close_backends

            close_backends(self.settings.root)
        for name in ("gateway", "export", "store", "source", "redactor"):
            opened.pop(name, None)


_projects: weakref.WeakSet[Project] = weakref.WeakSet()


def _after_fork() -> None:
    for project in list(_projects):
        project.searched = asyncio.Event()  # the parent's belongs to the parent's loop


os.register_at_fork(after_in_child=_after_fork)


def _link_or_move(file: Path, name: Path) -> None:
    """Gives a file a name that nothing has yet; where there are no hard links, one that nothing had a moment ago."""
    try:
        name.hardlink_to(file)
    except FileExistsError:
        raise
    except OSError:
        file.replace(name)
