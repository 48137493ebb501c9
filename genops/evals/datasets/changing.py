"""Changing a file of cases that others may want to change too: one process at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from genops.durable import try_lock
from genops.errors import InputError, Location, Unfinished


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Keeps other processes of this machine from reviewing a file of cases, or adding to it.

    Raises:
        Unfinished: Another process is at it.
        InputError: Nothing can be written in its folder.
    """
    lock = path.with_name(f".{path.name}.lock")  # not the file itself: a review puts another in its place
    try:
        held = try_lock(lock)
    except OSError as error:
        raise InputError(f"cannot be changed: {error.strerror}", at=Location(path)) from None
    if held is None:
        raise Unfinished(f"{path} is being reviewed or added to in another process", hint="wait for that")
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(held)


@contextmanager
def adding(path: Path) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """What writes rows at the end of a file of JSON Lines, each at once; for who is :func:`changing` it."""
    with path.open("a+b") as lines:
        if lines.tell():
            lines.seek(-1, os.SEEK_END)
            if lines.read(1) != b"\n":
                lines.write(b"\n")

        def add(row: Mapping[str, Any]) -> None:
            lines.write(orjson.dumps(row) + b"\n")
            lines.flush()

        yield add
