"""What a source of others gives."""

from __future__ import annotations

from dataclasses import dataclass

from genops.fuzz.objective import Borrowed


@dataclass(frozen=True, slots=True)
class Lent:
    """Texts of others.

    Attributes:
        texts: Each with an id of its own.
        notes: What was left out, and why, for people.
    """

    texts: tuple[Borrowed, ...]
    notes: tuple[str, ...] = ()
