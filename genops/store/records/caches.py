"""What the memo and the response cache hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CacheKind = Literal["memo", "response"]


@dataclass(frozen=True, slots=True)
class MemoEntry:
    """A result that was memoised.

    Attributes:
        payload: Digest of its payload.
        run: Id of the run that it was made in.
        path: Position of the step there.
    """

    payload: str
    run: str
    path: str

    def encode(self) -> bytes:
        """The entry as a cache keeps it."""
        return f"{self.payload} {self.run} {self.path}".encode()

    @classmethod
    def decode(cls, data: bytes) -> MemoEntry:
        """The entry that :meth:`encode` was called on."""
        return cls(*data.decode().split(" ", 2))


@dataclass(frozen=True, slots=True)
class CacheSize:
    """How much a cache holds.

    Attributes:
        cache: Which one.
        entries: How many results or answers.
        bytes: Their size; a result that several entries of the memo share counts once.
    """

    cache: CacheKind
    entries: int
    bytes: int
