"""What people are told while the store does not take records: once that they wait, once that some are lost, and why."""

from __future__ import annotations

import contextlib
import logging
import time

from genops.errors import StoreError

log = logging.getLogger("genops.store")

_QUIET_SECONDS = 60.0
_WAITING = "records of runs cannot be written and wait: {reason}"
_DROPPED = "{dropped:,} record(s) of runs were dropped, the runs go on: {reason}"


class Outage:
    """A time in which the store does not take records.

    :meth:`tell` and :meth:`conclude` are called outside of the writer's lock, since a log handler may take its time or
    be recorded itself; everything else inside of it.

    Attributes:
        error: Why the last attempt to write failed; None when it did not.
    """

    def __init__(self) -> None:
        self.error: StoreError | None = None
        self._known: set[str] = set()
        self._known_since = 0.0
        self._untold: list[tuple[str, str]] = []
        self._counted = 0

    @property
    def reason(self) -> str | None:
        """As :attr:`error`, in words."""
        return None if self.error is None else str(self.error)

    def fails(self, error: StoreError) -> None:
        """An attempt to write failed."""
        self.error = error

    def waits(self) -> None:
        """The records of a failed attempt wait for the next."""
        self._note(_WAITING)

    def drops(self) -> None:
        """A record was given up."""
        self._note(_DROPPED)

    def ends(self) -> None:
        """An attempt succeeded. What fails again soon is still the same trouble."""
        self.error = None
        if self._known and time.monotonic() - self._known_since > _QUIET_SECONDS:
            self._known.clear()

    def tell(self, dropped: int) -> None:
        """Logs what is new; ``dropped`` is the number of records that were given up so far."""
        while self._untold:
            with contextlib.suppress(IndexError):  # another thread told it
                self._log(*self._untold.pop(0), dropped)

    def conclude(self, dropped: int) -> None:
        """Logs the last count, when it was not told."""
        self._untold.clear()
        if dropped > self._counted:
            self._log(_DROPPED, self._why(), dropped)

    def _note(self, message: str) -> None:
        if message not in self._known:
            self._known.add(message)
            self._known_since = time.monotonic()
            self._untold.append((message, self._why()))

    def _why(self) -> str:
        return self.reason or "the store does not keep up"

    def _log(self, message: str, reason: str, dropped: int) -> None:
        self._counted = dropped
        with contextlib.suppress(Exception):  # a log handler that fails ends neither the run nor the writer
            log.warning(message.format(dropped=dropped, reason=reason))
