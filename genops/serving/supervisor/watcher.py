"""Ends the servers of a supervisor that died without a word (``kill -9``, out of memory).

It runs as a process of its own, from this file alone, so it imports nothing of genops. Its stdin says ``+ID`` and
``-ID``: sessions that began and ended. When it closes, the supervisor is gone, and every process of what is left goes
too: an engine whose API server died lives on otherwise, and keeps its GPU.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

_PROC = Path("/proc")


def members(session: int) -> list[int]:
    """The processes of a session that live; where the platform does not say, its leader if that lives."""
    if not _PROC.joinpath("self", "stat").exists():
        return [session] if alive(session) else []
    found = []
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            fields = _fields(int(folder.name))
            if fields and fields[0] != "Z" and int(fields[3]) == session:
                found.append(int(folder.name))
    return sorted(found)


def alive(process: int) -> bool:
    """Whether a process lives; one that has ended and is not yet waited for does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    fields = _fields(process)
    return not fields or fields[0] not in ("Z", "X")


def end_session(session: int, number: int = signal.SIGKILL) -> list[int]:
    """Sends a signal to every process of a session; which they were."""
    found = members(session)
    for process in found:
        try:
            os.kill(process, number)
        except (ProcessLookupError, PermissionError):
            continue
    return found


def end_for_good(session: int, wait: float = 5.0) -> bool:
    """Kills a session until nothing of it is left: a process may make another one while it is killed.

    Args:
        session: Id of its leader.
        wait: Seconds to try for.

    Returns:
        Whether nothing is left.
    """
    until = time.monotonic() + wait
    while end_session(session):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def _fields(process: int) -> list[str]:
    """State, parent, group, session, … of a process (``proc_pid_stat(5)``); empty when there is none."""
    try:
        text = _PROC.joinpath(str(process), "stat").read_text(errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def watch() -> None:
    """Reads sessions from stdin until it closes, and ends those that are left."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    sessions: set[int] = set()
    for line in sys.stdin:
        sign, number = line[0], int(line[1:])
        (sessions.add if sign == "+" else sessions.discard)(number)
    for session in sessions:
        end_for_good(session)


if __name__ == "__main__":
    watch()
