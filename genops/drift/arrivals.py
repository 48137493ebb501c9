"""Runs as they arrive: each once, in the order in which they started, also where the record of one comes late.

Processes write what they ran each at its own pace, so a run may be seen only after one that started behind it. What
started up to :data:`LATE` before the last run that was looked at is therefore asked for again, and what was looked at
is remembered for so long.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from genops.drift.windows.traces import NOT_USERS
from genops.store import Store
from genops.store.records.runs import RunFilter, RunRecord

PATIENCE = 600.0
"""Seconds for which a run that has not ended is waited for."""
LATE = 10.0
"""Seconds by which the record of a run may come later than that of one that started behind it."""


def arrived(store: Store, wanted: RunFilter, begun: int, cursor: int, latest: Mapping[str, int]) -> list[RunRecord]:
    """Runs that ended and were not looked at, oldest first, up to one that is waited for.

    Args:
        store: Holds them.
        wanted: Which runs are meant.
        begun: What started until then is not looked at, in nanoseconds since the epoch.
        cursor: Start of the last run that was looked at.
        latest: The runs that were looked at last, with their start (:func:`remembered`).
    """
    since = max(begun, cursor - int(LATE * 1e9)) + 1
    found = [
        run
        for run in store.iter_runs(replace(wanted, since=since))
        if run.id not in latest and (wanted.mode or run.mode not in NOT_USERS)
    ]
    ended: list[RunRecord] = []
    for run in reversed(found):
        if run.ended is not None:
            ended.append(run)
        elif time.time_ns() - run.started < PATIENCE * 1e9:
            break
    return ended


def remembered(latest: Mapping[str, int], runs: Sequence[RunRecord], cursor: int) -> dict[str, int]:
    """The runs that may be seen again, with their start.

    Args:
        latest: Those of before.
        runs: That were looked at since.
        cursor: Start of the last run that was looked at.
    """
    both = {**latest, **{run.id: run.started for run in runs}}
    return {run: started for run, started in both.items() if started > cursor - LATE * 1e9}
