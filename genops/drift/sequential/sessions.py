"""Items of which rows are part: a session's rows count as one, by their mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.drift.samples import Labels
from genops.drift.sequential.arrays import from_plain, to_plain
from genops.errors import InputError
from genops.stats.clusters import cluster_codes
from genops.stats.interval import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """Rows in the order of their items.

    Attributes:
        rows: Those of an item are beside one another.
        starts: Where each item's rows begin, and where the last one's end, of shape (items + 1,); None where each row
            is an item.
    """

    rows: NDArray[Any]
    starts: NDArray[np.intp] | None = None

    @classmethod
    def of(cls, rows: NDArray[Any], groups: Labels | None) -> Items:
        """Items in the order of their first rows.

        Args:
            rows: Of any shape (n, …).
            groups: The session of each row; None where each stands alone.

        Raises:
            InputError: There are not as many groups named as rows.
        """
        if groups is None:
            return cls(rows)
        if len(groups) != len(rows):
            raise InputError(f"{len(rows)} rows name {len(groups)} groups")
        codes, count = cluster_codes(groups, len(rows))
        if count == len(rows):
            return cls(rows)
        starts = np.concatenate([[0], np.bincount(codes, minlength=count).cumsum()])
        return cls(rows[np.argsort(codes, kind="stable")], starts)

    def __len__(self) -> int:
        return len(self.rows) if self.starts is None else len(self.starts) - 1

    def part(self, begin: int, end: int) -> Items:
        """Those from one number to before another.

        Args:
            begin: The first.
            end: Behind the last.
        """
        if self.starts is None:
            return Items(self.rows[begin:end])
        bounds = self.starts[begin : end + 1]
        return Items(self.rows[bounds[0] : bounds[-1]], bounds - bounds[0])

    def picked(self, which: NDArray[np.intp]) -> Items:
        """Some of them, in another order.

        Args:
            which: Their numbers.
        """
        if self.starts is None:
            return Items(self.rows[which])
        spans = [np.arange(self.starts[item], self.starts[item + 1]) for item in which]
        starts = np.concatenate([[0], np.cumsum([len(span) for span in spans])])
        return Items(self.rows[np.concatenate(spans)], starts)

    def means(self, values: Floats) -> Floats:
        """The mean over the rows of each item.

        Args:
            values: A line for each row, of shape (n, R).
        """
        if self.starts is None or not len(values):
            return values
        sizes = np.diff(self.starts)
        return np.asarray(np.add.reduceat(values, self.starts[:-1], axis=0) / sizes[:, None])

    def state(self) -> dict[str, Any]:
        """The same in plain types."""
        return {"rows": to_plain(self.rows), "starts": None if self.starts is None else to_plain(self.starts)}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Items:
        """The items of a ``state``."""
        return cls(from_plain(state["rows"]), state["starts"] and from_plain(state["starts"]))
