"""A definition in source code: a function, a class, a method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Definition:
    """Whole lines of a text that define something.

    Attributes:
        start: First character: of the comments and decorators right above, where there are any.
        end: One past the last.
        signature: What it says of itself before its body.
        parts: Gives the definitions directly inside it.
    """

    start: int
    end: int
    signature: str
    parts: Callable[[], Sequence[Definition]]
