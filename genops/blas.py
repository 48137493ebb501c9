"""How many threads the products of numpy and scipy take: one, where many would cost more than they save.

BLAS hands a product out to as many threads as it counts cores, and each waits for the others in a loop. On products
that take less than a time slice, and on cores that other work wants too, that waiting takes several times what the
product does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Limit:
    """One thread for as long as anybody holds it, of the libraries whose number belongs to the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders = 0
        self._limited: Any = None

    def take(self) -> None:
        with self._lock:
            if self._holders == 0:
                with _any_thread_may_set_it():
                    self._limited = _libraries(of_threads=False).limit(limits=1)
            self._holders += 1

    def leave(self) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders == 0:
                with _any_thread_may_set_it():
                    self._limited.restore_original_limits()


def _libraries(of_threads: bool) -> Any:
    """The controller of those that count each calling thread apart, as OpenMP does, or of the others."""
    from threadpoolctl import get_cached_controller  # type: ignore[import-untyped]

    blas = get_cached_controller().select(user_api="blas")
    chosen = [one.filepath for one in blas.lib_controllers if (one.threading_layer == "openmp") is of_threads]
    return blas.select(filepath=chosen)


@contextmanager
def _any_thread_may_set_it() -> Iterator[None]:
    """For threadpoolctl, who set OpenBLAS's number last owns it: what others set is passed over without a word."""
    from threadpoolctl import OpenBLASController

    OpenBLASController.clear_controlling_thread(force=True)
    try:
        yield
    finally:
        OpenBLASController.clear_controlling_thread(force=True)


_limit = _Limit()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keeps BLAS to one thread, in a block or in every call of a function that it decorates.

    While any thread of the process is in such a block all are kept to one; nobody waits for another, and the last to
    leave restores what the first found. A library that is loaded meanwhile is left alone.
    """
    with _libraries(of_threads=True).limit(limits=1):
        _limit.take()
        try:
            yield
        finally:
            _limit.leave()
