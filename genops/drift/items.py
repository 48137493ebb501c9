"""The items of a watch: of each group the first run and no more, since rows of one session depend on one another.

A stream cannot wait for the end of a session, and items must not be predictable from those before. So the first run of
a group that gives rows is the item, in the stream as in the reference, and those behind it are passed over. Which
groups have come is remembered in bounded memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b, sha256
from typing import Any

import numpy as np

from genops.drift.sequential.arrays import from_plain, to_plain
from genops.drift.windows import Window

REMEMBERED = 10_000
"""Groups that are remembered; one that comes again after as many others counts as a new one."""


def grouped(window: Window) -> bool:
    """Whether a row of a window is of a group, and does not stand alone with those of its run, case or line."""
    return not all(map(_alone, window.groups, window.ids))


def rows_digest(windows: Mapping[str, Window]) -> str:
    """Of the rows of windows, by their names, and of their groups."""
    rows = [
        [name, window.kind, window.groups, to_plain(values) if isinstance(values, np.ndarray) else values]
        for name, window in windows.items()
        for values in [window.values]
    ]
    return sha256(json.dumps(rows).encode()).hexdigest()


class Groups:
    """The groups that have come.

    Args:
        come: Numbers of their names, the last to come at the end.
    """

    def __init__(self, come: Iterable[int] = ()) -> None:
        self._come = dict.fromkeys(come)

    @property
    def known(self) -> bool:
        """Whether any has come: until then each run stands alone."""
        return bool(self._come)

    def first(self, window: Window) -> tuple[Window, Groups]:
        """The rows of the first run, case or line of each group that had not come before, and the groups after them.

        Args:
            window: What comes now; its rows are taken in the order of their time.
        """
        come, chosen = dict(self._come), dict[str, str]()
        rows = range(len(window)) if window.times is None else window.times.argsort(kind="stable").tolist()
        for row in rows:
            group, item = window.groups[row], window.ids[row]
            if _alone(group, item):
                chosen[group] = item
                continue
            number = int.from_bytes(blake2b(group.encode("utf-8", "surrogatepass"), digest_size=8).digest())
            if number not in come:
                chosen[group] = item
            come.pop(number, None)
            come[number] = None
        kept = [row for row in rows if chosen.get(window.groups[row]) == window.ids[row]]
        return window.at(kept), Groups(list(come)[-REMEMBERED:])

    def state(self) -> dict[str, Any]:
        """The same in plain types."""
        return to_plain(np.fromiter(self._come, dtype=np.uint64))

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Groups:
        """The groups of a ``state``."""
        return cls(from_plain(state).tolist())


def _alone(group: str, item: str) -> bool:
    return group == f"row {item}"
