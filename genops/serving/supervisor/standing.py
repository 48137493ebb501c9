"""Which servers on record really live, and what is left of those whose supervisor died."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from genops.durable import try_lock
from genops.models.supervised import LOCK, supervised
from genops.serving.engine.environment import SERVED
from genops.serving.supervisor.watcher import end_for_good, members
from genops.settings import Settings
from genops.store import Store
from genops.store.records.serving import ServedRecord

_GONE = "its supervisor is gone: killed, or the machine went down"


def settle(settings: Settings, store: Store, alias: str | None = None) -> list[ServedRecord]:
    """Ends the records of servers whose supervisor is gone, and what is left of them on this machine.

    A supervisor that was only out of touch opens its record again at its next word.

    Returns:
        Those that it ended.
    """
    ended = []
    for record in store.served(alias):
        if not supervised(record):
            if record.host == socket.gethostname():
                _end_rest(record)
            gone = replace(record, state="failed", phase="", engine_pid=None, ended=time.time_ns(), reason=_GONE)
            store.keep_served(gone)
            ended.append(gone)
    return ended


def hold(folder: Path) -> int | None:
    """Takes the lock of a folder, as an open descriptor; None when another process has it."""
    for _ in range(5):  # somebody may be looking who has it, which takes it for a moment
        descriptor = try_lock(folder / LOCK)
        if descriptor is not None:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode("ascii"))
            return descriptor
        time.sleep(0.05)
    return None


def _end_rest(record: ServedRecord) -> None:
    """Ends the processes of a server, which its id in their environment tells from others with their number."""
    if record.engine_pid is None:
        return
    mark = f"{SERVED}={record.id}".encode()
    for process in members(record.engine_pid):
        with suppress(OSError):
            if mark in Path("/proc", str(process), "environ").read_bytes().split(b"\0"):
                end_for_good(record.engine_pid)
                return
