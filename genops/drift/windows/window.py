"""A window: the rows of one state, of one time or source."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.errors import GenopsError, InputError

Kind: TypeAlias = Literal["text", "number", "category", "vector"]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Rows that are compared. All sequences are of one length, n.

    Attributes:
        name: What people know the source by.
        kind: What a row is.
        values: Texts or names of categories (tuples of str), numbers (float64 of shape (n,)) or vectors (float32 of
            shape (n, d)).
        ids: Of the run, case or line that each row is of.
        groups: Of rows that are not independent.
        times: Nanoseconds since the epoch, int64 of shape (n,); None where a row has none.
        runs: Id of each row's run; empty where it has none.
        locks: Digest of the lock of each row's run; empty where it has none.
        segments: Labels of the rows, by what they tell apart.
        contexts: Known context of each row; None where none was asked for.
        left_out: How many observations gave no row, by the reason.
        embedder: Name of the embedder of given vectors; empty where it is not known.
        drawn_from: Rows that the window had before some were drawn; n where all are here.
        unread: Labels that could be read of no row, each with the reason: ``group``, ``context``, ``segments: NAME``.
        unit: Of numbers; empty where it is not known.
    """

    name: str
    kind: Kind
    values: Any
    ids: tuple[str, ...]
    groups: tuple[str, ...]
    times: NDArray[np.int64] | None = None
    runs: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    segments: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    contexts: tuple[str, ...] | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    drawn_from: int = 0
    embedder: str = ""
    unread: Mapping[str, GenopsError] = field(default_factory=dict)
    unit: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def group_count(self) -> int:
        """How many groups the rows are of: what there is of independent evidence."""
        return len(set(self.groups))

    def unreadable(self, name: str) -> InputError:
        """The error of one of the labels that could be read of no row."""
        why = self.unread[name]
        return InputError(f"`{name}` can be read of no row of {self.name}: {why.message}", at=why.at, hint=why.hint)

    def of_groups(self, wanted: Callable[[str], bool]) -> Window:
        """The rows of some groups."""
        return self.at([row for row, group in enumerate(self.groups) if wanted(group)])

    def at(self, rows: Sequence[int]) -> Window:
        """Some rows, in this order."""
        index = np.asarray(rows, dtype=np.intp)

        def picked(values: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(values[row] for row in rows) if values else values

        return Window(
            self.name,
            self.kind,
            self.values[index] if isinstance(self.values, np.ndarray) else picked(self.values),
            picked(self.ids),
            picked(self.groups),
            None if self.times is None else self.times[index],
            picked(self.runs),
            picked(self.locks),
            {name: picked(labels) for name, labels in self.segments.items()},
            None if self.contexts is None else picked(self.contexts),
            self.left_out,
            self.drawn_from,
            self.embedder,
            self.unread,
            self.unit,
        )

    def drawn(self, most: int, seed: int) -> Window:
        """The window with about so many rows at most: whole groups, drawn at random, in their order."""
        if len(self) <= most:
            return self
        names = sorted(set(self.groups))
        sizes: dict[str, int] = {}
        for group in self.groups:
            sizes[group] = sizes.get(group, 0) + 1
        kept: set[str] = set()
        total = 0
        for place in np.random.default_rng([seed, 2]).permutation(len(names)):
            size = sizes[names[place]]
            if total + size > most and kept:
                continue
            kept.add(names[place])
            total += size
            if total >= most:
                break
        return self.of_groups(kept.__contains__)
