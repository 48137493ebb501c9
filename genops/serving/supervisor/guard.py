"""The watcher of a supervisor: a process beside it that ends its servers should it die without a word."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path


class Guard:
    """Tells the watcher which sessions there are; a watcher that died is started again."""

    def __init__(self) -> None:
        self._sessions: set[int] = set()
        self._process: subprocess.Popen[str] | None = None

    def add(self, session: int) -> None:
        """A session that goes when the supervisor does."""
        self._sessions.add(session)
        self._tell(f"+{session}")

    def remove(self, session: int) -> None:
        """A session of which nothing is left."""
        self._sessions.discard(session)
        self._tell(f"-{session}")

    def renew(self) -> None:
        """Starts the watcher again where it has died."""
        if self._process is not None and self._process.poll() is not None:
            self._begin()

    def close(self) -> None:
        """Ends the watcher, and with it what is left of the sessions."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
            self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process is None or self._process.poll() is not None:
            self._begin()
            return
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()

    def _begin(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("watcher.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdin is not None
        with suppress(OSError):  # one that died at once is started again at the next beat
            self._process.stdin.write("".join(f"+{session}\n" for session in self._sessions))
            self._process.stdin.flush()
