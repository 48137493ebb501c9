"""What a server writes: kept in a file that does not grow without end, and its last lines at hand."""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path

KEPT = 400
"""Lines at hand, from which a cause is told."""
_LONGEST = 32 * 1024 * 1024
_PREFIX = re.compile(r"^(?:\([^)]*pid=\d+\) )?(?:[A-Z]+ \d\d-\d\d [\d:]{8} )?(?:\[[\w.]+:\d+\] ?)?")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Output:
    """The output of one server, over all its starts.

    Attributes:
        path: The file; what was before it stands in ``….1``.
        lines: The last ones of this start.
    """

    def __init__(self, path: Path, secret: str) -> None:
        self.path = path
        self.lines: deque[str] = deque(maxlen=KEPT)
        self._secret = secret.encode()
        self._rest = b""
        self._size = 0
        if path.exists():
            self._rotate()

    def begin(self, note: str) -> None:
        """A start: what was written before is no longer at hand."""
        self.lines.clear()
        self._rest = b""
        self._write(f"--- {note}\n".encode())

    def add(self, data: bytes) -> list[str]:
        """Takes bytes as they come; the lines that they complete. A progress bar's states are lines too."""
        *whole, self._rest = re.split(rb"[\r\n]+", self._rest + data)
        shown = (line.replace(self._secret, b"<KEY>").decode("utf-8", "replace") for line in whole if line.strip())
        lines = [_COLOUR.sub("", line) for line in shown]
        self.lines.extend(lines)
        self._write("".join(f"{line}\n" for line in lines).encode())
        return lines

    def end(self) -> None:
        """The last line, which nothing completes."""
        self.add(b"\n")

    def _write(self, data: bytes) -> None:
        """A disk that is full must not end the server: the lines at hand say so."""
        if self._size > _LONGEST:
            self._rotate()
        try:
            with self.path.open("ab") as file:
                file.write(data)
        except OSError as error:
            self.lines.append(f"genops: the log cannot be written: {error.strerror or error}")
        self._size += len(data)

    def _rotate(self) -> None:
        self._size = 0
        try:
            self.path.replace(self.path.with_name(f"{self.path.name}.1"))
        except OSError as error:
            self.lines.append(f"genops: the log cannot be moved: {error.strerror or error}")


def said(line: str) -> str:
    """What a line says, without who wrote it and when."""
    return _PREFIX.sub("", line).strip()
