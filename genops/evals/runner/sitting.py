"""One sitting at a record that many samples or tries belong to: one process at a time, and little garbage collected."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genops.durable import try_lock
from genops.errors import Unfinished

_ALLOCATIONS = 50_000


@contextmanager
def sitting(data_dir: Path, kind: str, record: str, name: str, hint: str) -> Iterator[None]:
    """Keeps other processes of this machine from working at the same record.

    Meanwhile garbage is looked for less often, and not among what was there before: a hundred samples under way are
    alive, and looked through in vain they cost a tenth of the time.

    Args:
        data_dir: The project's folder for data.
        kind: Of record: ``evaluation``.
        record: Its id.
        name: What people call it.
        hint: What one may do instead.

    Raises:
        Unfinished: Another process is at it.
    """
    path = data_dir / f"{kind}-{record}.lock"
    data_dir.mkdir(parents=True, exist_ok=True)
    held = try_lock(path)
    if held is None:
        raise Unfinished(f"the {kind} {record[:12]} of {name!r} is under way in another process", hint=hint)
    try:
        with _COLLECTING.seldom():
            yield
    finally:
        path.unlink(missing_ok=True)
        os.close(held)


class _Collecting:
    """The garbage collector, which sittings of a process share: the last one to end leaves it as the first found it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sittings = 0
        self._often = gc.get_threshold()

    @contextmanager
    def seldom(self) -> Iterator[None]:
        """Garbage is looked for less often, and not among what was there before."""
        with self._lock:
            self._sittings += 1
            if self._sittings == 1:
                self._often = gc.get_threshold()
                gc.set_threshold(max(_ALLOCATIONS, self._often[0]) if self._often[0] else 0, *self._often[1:])
                gc.freeze()
        try:
            yield
        finally:
            with self._lock:
                self._sittings -= 1
                if not self._sittings:
                    gc.unfreeze()
                    gc.set_threshold(*self._often)


_COLLECTING = _Collecting()
