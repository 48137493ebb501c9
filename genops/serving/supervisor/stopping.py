"""Telling the supervisor of an alias, which is another process, to stop."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress

from genops.errors import ReferenceNotFound, Unfinished, UsageError, nearest
from genops.serving.supervisor.standing import settle
from genops.serving.supervisor.watcher import alive
from genops.settings import Settings
from genops.store import Store
from genops.store.records.serving import ServedRecord

_LOOK = 0.1
_SPARE = 30.0


def stop(settings: Settings, store: Store, alias: str, *, now: bool = False) -> list[ServedRecord]:
    """Stops the servers of an alias, and waits until they have ended.

    Args:
        settings: Of the project.
        store: Where the servers stand.
        alias: Name of the alias.
        now: Whether requests under way are cut off.

    Returns:
        The servers that it stopped.

    Raises:
        ReferenceNotFound: No server of the alias lives.
        UsageError: They run on another machine.
        Unfinished: They did not end in time.
    """
    gone = settle(settings, store, alias)
    records = store.served(alias)
    if not records:
        if gone:
            return gone
        hint = nearest(alias, {one.alias for one in store.served()}) if alias not in settings.models else None
        raise ReferenceNotFound(f"no server of {alias!r} runs", hint=hint)
    elsewhere = next((one for one in records if one.host != socket.gethostname()), None)
    if elsewhere is not None:
        raise UsageError(f"{alias!r} is served on {elsewhere.host}", hint="stop it there")
    _tell({one.supervisor for one in records}, twice=now)
    block = settings.models[alias].vllm if alias in settings.models else None
    until = time.monotonic() + (block.drain_timeout if block is not None else 0.0) + _SPARE
    while any(alive(one.supervisor) for one in records):
        if time.monotonic() > until:
            raise Unfinished(f"{alias!r} has not stopped", hint="--now cuts its requests off")
        time.sleep(_LOOK)
    settle(settings, store, alias)
    return records


def _tell(supervisors: set[int], *, twice: bool) -> None:
    for process in supervisors:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)
            if twice:
                time.sleep(_LOOK)
                os.kill(process, signal.SIGTERM)
