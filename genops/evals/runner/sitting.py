"""One sitting at a record that many samples or tries belong to: one process at a time, and little garbage collected."""

from __future__ import annotations

import gc
import os
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
    often = gc.get_threshold()
    gc.set_threshold(max(_ALLOCATIONS, often[0]) if often[0] else 0, *often[1:])
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*often)
        path.unlink(missing_ok=True)
        os.close(held)
