"""Whether the supervisor of a server lives; a record says "ready" for as long as nobody ends it."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from genops.durable import is_locked

if TYPE_CHECKING:
    from genops.store.records.serving import ServedRecord

GONE = 60.0
"""Seconds without a word after which a supervisor is taken to be gone; it writes one every few.

The clocks of two machines may differ by almost as much.
"""

LOCK = "lock"
"""File beside the logs of an alias's servers: their supervisor holds a lock on it, and its process id is in it."""


def supervised(record: ServedRecord) -> bool:
    """Whether the supervisor of a server lives.

    On this machine it is the process that holds the lock beside its log, whatever else has its number by now. Where
    the lock cannot be seen (another machine, another user, a container of the same name) its last word tells.
    """
    if record.host == socket.gethostname():
        with suppress(OSError):
            return holder(Path(record.log).parent) == record.supervisor
    return time.time_ns() - record.beat < GONE * 1e9


def holder(folder: Path) -> int | None:
    """The process that serves from a folder; None when none does.

    Raises:
        OSError: There is no lock that this process may see.
    """
    path = folder / LOCK
    if not is_locked(path):
        return None
    try:
        return int(path.read_text(encoding="ascii") or 0)
    except ValueError:
        return 0
