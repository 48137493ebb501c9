"""The runs of a chain that ended, as columns of what is counted and measured; each is read from the store once.

A run is read again for as long as it may end: the last :data:`SETTLED` seconds are asked for at every look. Of what
lies before it is only asked how many runs there are: where they are not as many as were read (some were deleted, or
ended late), all are read again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.drift.windows.traces import NOT_USERS
from genops.store import Store
from genops.store.records.monitoring import EndedRun

SETTLED = 600.0
Runs: TypeAlias = NDArray[np.void]
"""A row a run, in the order of their start: ``key`` (start, in nanoseconds), ``seconds``, ``failed``, ``cost`` (US
dollars; NaN where a price is unknown), ``tokens``, and ``session``, a number that runs of one session share."""
_COLUMNS = np.dtype(
    [("key", "i8"), ("seconds", "f8"), ("failed", "f8"), ("cost", "f8"), ("tokens", "f8"), ("session", "i8")]
)


class RecentRuns:
    """The runs that users asked for, up to now.

    Args:
        store: Holds them.
        chain: Name of the chain.
    """

    def __init__(self, store: Store, chain: str) -> None:
        self._store, self._chain = store, chain
        self._rows, self._from, self._until = columns([]), 0, 0

    def since(self, moment: int) -> Runs:
        """Those that started at or after a moment, in nanoseconds since the epoch."""
        kept = self._rows[self._rows["key"] >= moment]
        if not self._holds(moment, len(kept)):
            kept, self._until = columns([]), moment
        until = max(self._until, time.time_ns() - int(SETTLED * 1e9))
        self._rows = np.concatenate([kept, self._read(self._until, until)])
        self._from, self._until = moment, until
        return np.concatenate([self._rows, self._read(max(moment, until), None)])

    def _holds(self, moment: int, kept: int) -> bool:
        """Whether what was read is all that there is from a moment on."""
        if not self._from <= moment < self._until:
            return False
        return self._store.count_ended_runs(self._chain, NOT_USERS, moment, self._until) == kept

    def _read(self, since: int, until: int | None) -> Runs:
        return columns(self._store.ended_runs(self._chain, NOT_USERS, since, until))


def columns(runs: Iterable[EndedRun]) -> Runs:
    """Runs as columns."""
    return np.array([_row(run) for run in runs], dtype=_COLUMNS)


def _row(run: EndedRun) -> tuple[Any, ...]:
    session = run.key if run.session is None else hash(run.session)
    return run.key, run.took / 1e9, run.failed, np.nan if run.cost is None else run.cost, run.tokens, session
