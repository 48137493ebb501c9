"""A supervisor that goes on in the background once its servers are ready."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from genops.errors import Unfinished
from genops.serving.supervisor.plan import folder_of, make_folder
from genops.settings import Settings
from genops.store import Store
from genops.store.records.serving import ServedRecord

_LOOK = 0.2


def start_detached(settings: Settings, store: Store, alias: str, told: Callable[[str], None]) -> list[ServedRecord]:
    """Starts ``genops model serve`` as a process of its own, and waits until its servers are ready or given up.

    Args:
        settings: Of the project.
        store: Where the servers stand.
        alias: Name of the alias.
        told: Is given what it says meanwhile.

    Returns:
        Its servers that are ready.

    Raises:
        Unfinished: It ended before they were; what it said has been told.
    """
    folder = folder_of(settings, alias)
    make_folder(folder)
    said = folder / "supervisor.log"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "genops", "model", "serve", alias, "--no-check"],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=settings.root.resolve(),
            start_new_session=True,
        )
    try:
        return _until_ready(settings, store, alias, process, said, told)
    except BaseException:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        raise


def _until_ready(
    settings: Settings,
    store: Store,
    alias: str,
    process: subprocess.Popen[bytes],
    said: Path,
    told: Callable[[str], None],
) -> list[ServedRecord]:
    block = settings.alias(alias).vllm
    wanted = block.replicas if block is not None else 1
    ready: list[ServedRecord] = []
    with said.open(encoding="utf-8", errors="replace") as lines:
        while True:
            ended = process.poll() is not None
            for line in lines:
                told(line.rstrip("\n"))
            if ended:
                raise Unfinished(f"{alias!r} is not served", hint=f"what it said is in {said}")
            if ready:
                return ready
            mine = [one for one in store.served(alias, live=False) if one.supervisor == process.pid]
            if len(mine) == wanted and all(one.state == "ready" or one.ended is not None for one in mine):
                ready = [one for one in mine if one.ended is None]  # that they are is said a moment after it is kept
            time.sleep(_LOOK)
