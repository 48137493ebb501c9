"""What an attack puts into passages and tools' results of one run, and of no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from genops.artifacts import Value


@dataclass(frozen=True, slots=True)
class Poison:
    """What is put into a run.

    Attributes:
        passages: Texts that every search finds, as if they stood in the index.
        results: Texts at the end of what every tool gives.
    """

    passages: tuple[str, ...] = ()
    results: tuple[str, ...] = ()

    def __add__(self, other: Poison) -> Poison:
        return Poison(self.passages + other.passages, self.results + other.results)


_current: ContextVar[Poison] = ContextVar("poison", default=Poison())  # noqa: B039


def current_poison() -> Poison:
    """What is put into the run that asks."""
    return _current.get()


@contextmanager
def poisoned(poison: Poison) -> Iterator[None]:
    """Puts something into the runs that are started inside, beside what is put into them already."""
    token = _current.set(_current.get() + poison)
    try:
        yield
    finally:
        _current.reset(token)


def infected(value: Value, text: str) -> Value:
    """What a tool gives, with a text at the end of its longest part that is text.

    Args:
        value: What it gives; itself where there is no text in it.
        text: What is added.
    """
    place = max(_texts(value, ()), key=lambda found: len(found[1]), default=None)
    return value if place is None else _with(value, place[0], f"{place[1]}\n{text}" if place[1] else text)


def _texts(value: Value, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, (*path, number))


def _with(value: Value, path: tuple[str | int, ...], text: str) -> Value:
    if not path:
        return text
    if isinstance(value, dict):
        return {key: _with(item, path[1:], text) if key == path[0] else item for key, item in value.items()}
    assert isinstance(value, list)
    return [_with(item, path[1:], text) if number == path[0] else item for number, item in enumerate(value)]
