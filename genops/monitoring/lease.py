"""One process at a time scores for a monitor, so that no judge is paid twice for one run.

A process that scores has a lease of :data:`LEASE` seconds, which it renews for as long as it is at work. One that dies
leaves a lease that runs out. The lease saves money and nothing else: two that score at once, as where a clock is ahead,
keep one result all the same (:meth:`~genops.store.Store.advance_monitor`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from genops.errors import StoreError
from genops.store import Store

LEASE = 30.0


@contextmanager
def leased(store: Store, monitor: str) -> Iterator[bool]:
    """Whether this process scores now; no other does, as long as this one lives.

    Args:
        store: The project's.
        monitor: Name of the monitor; it is in the store.

    Raises:
        StoreError: The store cannot be read or written.
    """
    lease = _Lease(store, monitor)
    if not lease.take():
        yield False
        return
    over = threading.Event()
    renewing = threading.Thread(target=lease.renew, args=(over,), name=f"lease of {monitor}", daemon=True)
    renewing.start()
    try:
        yield True
    finally:
        over.set()
        renewing.join()
        with suppress(StoreError):
            lease.give_back()


class _Lease:
    """The lease of this process.

    Args:
        store: The project's.
        monitor: Name of the monitor.
    """

    def __init__(self, store: Store, monitor: str) -> None:
        self._store, self._monitor, self._until = store, monitor, 0

    def take(self) -> bool:
        """Takes or renews it; False where another process has one."""
        now = time.time_ns()
        until = now + int(LEASE * 1e9)
        if not self._store.lease_monitor(self._monitor, self._until, now, until):
            return False
        self._until = until
        return True

    def renew(self, over: threading.Event) -> None:
        """Renews it until it is over, or another process has one."""
        while not over.wait(LEASE / 3):
            with suppress(StoreError):
                if not self.take():
                    return

    def give_back(self) -> None:
        """Ends it, where it is still this process's."""
        self._store.lease_monitor(self._monitor, self._until, 0, 0)
