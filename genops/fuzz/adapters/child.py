"""A child process: a script of ours under the Python of an environment that has a peer (garak, PyRIT) installed.

It speaks one JSON object on a line each way (``children/child.py``). Nothing of the peer is imported here.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from genops.errors import Unfinished, UsageError

_SCRIPT = Path(__file__).parent / "children" / "child.py"
_LONGEST = 256 * 1024 * 1024
"""Bytes of one answer: a child that never ends its line must not take all memory."""
_SAID = 400


class PeerFailed(Unfinished):
    """A peer did not answer, or failed at what it was asked for."""


class PeerRefused(PeerFailed):
    """A peer answered that it failed at what it was asked for; it may do the next thing."""


class Child:
    """A script in an environment of a peer; started when it is first asked, and again after it was stopped.

    Safe to share between threads: one question is under way at a time.

    Args:
        peer: Name of the package.
        script: Module in ``children/``.
        python: The environment's Python.
        setting: That says where this is, for messages.
        timeout: Seconds for one answer.
    """

    def __init__(self, peer: str, script: str, python: Path, setting: str, timeout: float) -> None:
        self._peer, self._script, self._python = peer, script, python
        self._setting, self._timeout = setting, timeout
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._said: IO[bytes] | None = None

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request.

        Raises:
            UsageError: There is no such Python, or the peer is not installed there.
            PeerRefused: It failed at this.
            PeerFailed: It did not answer in time, or ended.
        """
        with self._lock:
            answer = self._answer(request)
        if "missing" in answer:
            raise UsageError(
                f"{self._python} has no {self._peer} that can be used: {answer['failed']}", hint=self._how_to_install()
            )
        if "failed" in answer:
            raise PeerRefused(f"{self._peer}: {answer['failed']}")
        return answer

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._stop()

    def _answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        process = self._started()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
            process.stdin.flush()
            line = self._answers.get(timeout=self._timeout)
        except queue.Empty:
            self._stop()
            what = f"{self._peer} gave no answer within {self._timeout:g} s"
            raise PeerFailed(
                what, hint="raise peers.timeout in the settings, or leave out what takes so long"
            ) from None
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            said = self._last_words()
            self._stop()
            raise PeerFailed(f"the Python of {self._peer}, {self._python}, ended without an answer: {said}")
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            self._stop()
            raise PeerFailed(f"{self._peer} gave no answer but {line[:_SAID].decode('utf-8', 'replace').rstrip()!r}")
        return answer

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        if not self._python.is_file():
            raise UsageError(f"there is no Python at {self._python} ({self._setting})", hint=self._how_to_install())
        self._said, self._answers = tempfile.TemporaryFile(), queue.Queue()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                [self._python, _SCRIPT, self._script],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                env=_environment(),
                start_new_session=True,
            )
        except OSError as error:
            raise UsageError(f"{self._python} ({self._setting}) cannot be run: {error.strerror}") from None
        threading.Thread(target=_read, args=(self._process, self._answers), daemon=True).start()
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        with contextlib.suppress(OSError):
            for stream in (process.stdin, self._said):
                if stream is not None:
                    stream.close()

    def _last_words(self) -> str:
        """The end of what the child wrote to its standard error."""
        assert self._said is not None
        self._said.seek(0)
        lines = [line.strip() for line in self._said.read().decode("utf-8", "replace").splitlines()]
        return next((line for line in reversed(lines) if line), "it said nothing")[-_SAID:]

    def _how_to_install(self) -> str:
        folder = f".venv-{self._peer}"
        return (
            f"python -m venv {folder} && {folder}/bin/pip install {self._peer}; "
            f'another place is named in the settings: {self._setting} = "{folder}/bin/python"'
        )


def _read(process: subprocess.Popen[bytes], answers: queue.Queue[bytes]) -> None:
    """Hands on what a process writes, line by line, and what was left at its end."""
    assert process.stdout is not None
    with process.stdout as lines:
        for line in _lines(lines):
            answers.put(line)
    answers.put(b"")


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    with contextlib.suppress(OSError, ValueError):
        while line := stream.readline(_LONGEST):
            yield line


def _environment() -> dict[str, str]:
    """The variables of a child: what is set for this Python is not meant for that one, and its hashes are fixed."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return {**own, "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PYTHONNOUSERSITE": "1"}
