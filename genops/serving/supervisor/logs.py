"""The log of a server, as it is and as it grows."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

_LOOK = 0.3


def last_lines(path: Path, count: int) -> list[str]:
    """The last lines of a log."""
    with path.open(encoding="utf-8", errors="replace") as file:
        return [line.rstrip("\n") for line in deque(file, maxlen=count)]


def followed(path: Path) -> Iterator[str]:
    """The lines that come from now on, also after the log has begun a new file; it never ends."""
    file = path.open(encoding="utf-8", errors="replace")
    file.seek(0, 2)
    part = ""
    try:
        while True:
            while text := file.readline():
                part += text
                if part.endswith("\n"):
                    yield part[:-1]
                    part = ""
            if _moved(file, path):
                file.close()
                file = path.open(encoding="utf-8", errors="replace")
            else:
                time.sleep(_LOOK)
    finally:
        file.close()


def _moved(file: TextIO, path: Path) -> bool:
    """Whether the name stands for another file now."""
    try:
        return path.stat().st_ino != os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False
