"""The log of a server, as it is and as it grows."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

_LOOK = 0.3


def lines_of(path: Path, last: int, *, follow: bool = False) -> Iterator[str]:
    """The last lines of a log and, followed, all that come, also after it has begun a new file; then it never ends.

    Args:
        path: Of the log.
        last: How many of the lines that are there.
        follow: Whether to go on.
    """
    file = path.open(encoding="utf-8", errors="replace")
    try:
        yield from (line.rstrip("\n") for line in deque(file, maxlen=last))
        part = ""
        while follow:
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
