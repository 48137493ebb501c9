"""What an attack puts into passages and tools' results of one run, and of no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from genops.executor.plants import NOTHING, Plants

_current: ContextVar[Plants] = ContextVar("poison", default=NOTHING)


def current_poison() -> Plants:
    """What is put into the run that asks."""
    return _current.get()


@contextmanager
def poisoned(poison: Plants) -> Iterator[None]:
    """Puts passages and results into the runs that are started inside, beside what is put into them already."""
    token = _current.set(_current.get() + poison)
    try:
        yield
    finally:
        _current.reset(token)
