"""Builds an index again whenever its files change, for development."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from genops.errors import GenopsError, UsageError
from genops.index_settings import FileSource
from genops.retrieval.build import Progress, build_index
from genops.retrieval.snapshots.folder import index_settings
from genops.retrieval.snapshots.snapshot import Snapshot
from genops.settings import Settings

Shown = Callable[[], AbstractContextManager[Progress | None]]

_SETTLE_MILLISECONDS = 300
_LOOK_MILLISECONDS = 1_000


def watch_index(
    settings: Settings, name: str, shown: Shown = nullcontext, stop: threading.Event | None = None
) -> Iterator[Snapshot | GenopsError]:
    """Builds the index, then again after every change of a file below its sources' folders; never ends by itself.

    A build that fails is given as its error, and the snapshot in use stays: the next change may mend it.

    Args:
        settings: The project's.
        name: The index's.
        shown: Called for every build, gives a context around it with what :func:`build_index` takes as ``progress``.
        stop: Ends the watch when it is set.

    Raises:
        ReferenceNotFound: No such index.
        UsageError: None of its sources is a file.
    """
    from watchfiles import DefaultFilter, watch

    folders = _folders(settings, name)
    outcome = _built(settings, name, shown)
    yield outcome
    data = settings.data_dir.resolve()

    class Sources(DefaultFilter):
        def __call__(self, change: object, path: str) -> bool:
            return not Path(path).is_relative_to(data) and super().__call__(change, path)  # type: ignore[arg-type]

    looked = False  # what changed while the watch was being set up is found by one more look
    for changes in watch(
        *folders,
        watch_filter=Sources(),
        debounce=_SETTLE_MILLISECONDS,
        rust_timeout=_LOOK_MILLISECONDS,
        yield_on_timeout=True,
        stop_event=stop,
    ):
        if not changes and looked:
            continue
        looked = True
        last, outcome = outcome, _built(settings, name, shown)
        if not (isinstance(last, Snapshot) and isinstance(outcome, Snapshot) and last.digest == outcome.digest):
            yield outcome


def _built(settings: Settings, name: str, shown: Shown) -> Snapshot | GenopsError:
    try:
        with shown() as progress:
            return build_index(settings, name, progress=progress)
    except GenopsError as error:
        return error


def _folders(settings: Settings, name: str) -> list[Path]:
    """The deepest folders that the sources' globs stay below."""
    found = set()
    for source in index_settings(settings, name).sources:
        pattern = source if isinstance(source, str) else source.path if isinstance(source, FileSource) else None
        if pattern is None:
            continue
        folder = settings.root
        for part in Path(pattern).parts[:-1]:
            if any(mark in part for mark in "*?[") or not (folder / part).is_dir():
                break
            folder = folder / part
        found.add(folder)
    if not found:
        raise UsageError(f"index {name!r} has no files to watch", hint="build it when its sources changed")
    return sorted(found)
