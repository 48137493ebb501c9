"""The background writer: takes records from a run at once, and makes them durable.

One thread writes what has come together every 50 ms in one transaction. A run that has only begun stays back for 80 ms:
most that are short end meanwhile and are written once. So what was handed over is in the database within 200 ms. Runs
that make more than a database takes which works are told so (:attr:`is_crowded`) and wait between steps. While the
database cannot be opened or written nobody waits and the buffer holds; when it is full records are dropped and counted.
People are told of either once.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import weakref
from collections.abc import Sequence

from genops.artifacts import Component, Lock, Payload
from genops.errors import StoreError
from genops.store.batch import Batch, BatchWriter
from genops.store.database import Database
from genops.store.outage import Outage
from genops.store.records.runs import RunRecord, SpanRecord

INTERVAL = 0.05
_BEGUN = 80_000_000
_LONGEST_PAUSE = 1.0
_LONGEST_WRITE = 5.0
_REMEMBERED_LOSSES = 100_000
_REFUSED = {
    "IntegrityError",
    "DataError",
    "ProgrammingError",
    "InterfaceError",
    "NotSupportedError",
    "ProgramLimitExceeded",
}


class Writer:
    """The one way that runs, spans and payloads get into the store. Made by ``Store.writer``.

    A record may be handed over again after it changed (at its start and at its end): the state of the moment of writing
    is written. A payload is handed over before the records that name it.

    Args:
        database: Where the records go.
        max_bytes: Of payloads that may wait.
        max_records: Records that may wait.

    Attributes:
        dropped: How many records could not be written and were given up.
    """

    def __init__(self, database: Database, *, max_bytes: int = 128 * 1024 * 1024, max_records: int = 200_000) -> None:
        self._database = database
        self._max_bytes = max_bytes
        self._max_records = max_records
        self._target: BatchWriter | None = None
        self._start_afresh()
        _open_writers.add(self)

    def _start_afresh(self) -> None:
        self._lock = threading.RLock()  # a finaliser or signal handler may hand something over inside of it
        self._wake = threading.Condition(self._lock)
        self._written = threading.Condition(self._lock)
        self._buffer = Batch()
        self._held = Batch()
        self._waiting = 0
        self._bytes = 0
        self._idle = True
        self._urgent = self._whole = False
        self._closed = False
        self._taken = self._done = 0
        self._moved_at = 0.0
        self._lost: dict[str, int] = {}
        self._lost_payloads: dict[str, None] = {}
        self._unnoted: set[str] = set()
        self._closures: set[str] = set()
        self._outage = Outage()
        self._thread: threading.Thread | None = None
        self.dropped = 0

    @property
    def trouble(self) -> str | None:
        """Why the last attempt to write failed; None when it did not."""
        return self._outage.reason

    @property
    def failure(self) -> StoreError | None:
        """What :attr:`trouble` tells of."""
        return self._outage.error

    @property
    def is_crowded(self) -> bool:
        """Whether so much waits for a database that works that who makes more should wait too, or some would be lost.

        A database that fails, or is at one transaction for more than five seconds, is waited for by nobody.
        """
        if 4 * self._waiting < self._max_records and 4 * self._bytes < 3 * self._max_bytes:
            return False
        return self._outage.reason is None and time.monotonic() - self._moved_at < _LONGEST_WRITE

    def closure(self, lock: Lock, parts: Sequence[Component]) -> None:
        """Hands over a lock with its components, before the runs under it. Repeating it costs nothing."""
        with self._lock:
            if lock.digest in self._closures:
                return
            if self._admit(0):
                self._closures.add(lock.digest)
                self._buffer.closures[lock.digest] = lock, parts
                return
            self._lose(None)
        self._outage.tell(self.dropped)

    def run(self, record: RunRecord) -> None:
        """Hands over a run at its start, and again when it changed."""
        with self._lock:
            runs = self._buffer.runs
            if record.id in runs or self._admit(0):
                runs[record.id] = record
                return
            self._lose(record.id)
        self._outage.tell(self.dropped)

    def span(self, record: SpanRecord) -> None:
        """Hands over a span at its start, and again at its end."""
        key = (record.run, record.number)
        with self._lock:
            spans = self._buffer.spans
            if key in spans or self._admit(0):
                spans[key] = record
                return
            self._lose(record.run)
        self._outage.tell(self.dropped)

    def payload(self, payload: Payload) -> None:
        """Hands over a value, before the records that name it."""
        with self._lock:
            payloads = self._buffer.payloads
            if payload.digest in payloads:
                return
            if self._admit(len(payload.data)):
                payloads[payload.digest] = payload.data
                self._lost_payloads.pop(payload.digest, None)
                return
            self._lose(None)
            if len(self._lost_payloads) < _REMEMBERED_LOSSES:
                self._lost_payloads[payload.digest] = None
        self._outage.tell(self.dropped)

    def cache(self, kind: str, key: str, value: bytes) -> None:
        """Hands over an entry of the memo or the response cache; one that finds no room is forgotten."""
        with self._lock:
            if (kind, key) not in self._buffer.cache and self._admit(len(value)):
                self._buffer.cache[kind, key] = value

    def waiting_cache(self, kind: str, key: str) -> bytes | None:
        """An entry that was handed over and is not written yet."""
        with self._lock:
            return self._buffer.cache.get((kind, key)) or self._held.cache.get((kind, key))

    def has_waiting(self, kind: str, beginning: str) -> bool:
        """Whether an entry under a key that begins so was handed over and is not written yet."""
        with self._lock:
            entries = [*self._buffer.cache, *self._held.cache]
        return any(of == kind and key.startswith(beginning) for of, key in entries)

    def waiting_payload(self, digest: str) -> bytes | None:
        """A payload that was handed over and is not written yet."""
        with self._lock:
            return self._buffer.payloads.get(digest) or self._held.payloads.get(digest)

    def flush(self, timeout: float = 10.0, begun: bool = True) -> bool:
        """Waits until all that was handed over is durable.

        Args:
            timeout: Seconds.
            begun: Also the runs that have only just begun.

        Returns:
            Whether it is.
        """
        with self._lock:
            target = self._taken + (len(self._buffer) > 0 or len(self._unnoted) > 0)
            if self._done >= target or self._closed:
                return self._done >= target
            self._hurry(begun)
            return self._written.wait_for(lambda: self._done >= target, timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Writes what waits, for ``timeout`` seconds at most, and ends the thread. What comes later is dropped."""
        if self._closed:
            return
        self.flush(timeout)
        with self._lock:
            self._closed = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(timeout)
        with self._lock:
            for batch in (self._held, self._buffer):
                self._abandon(batch)
            self._held, self._buffer = Batch(), Batch()
        self._outage.conclude(self.dropped)
        _open_writers.discard(self)

    def _admit(self, size: int) -> bool:
        """Whether there is room for one more, which is counted; the thread that writes it wakes when it can."""
        if self._closed or self._waiting >= self._max_records or self._bytes + size > self._max_bytes:
            return False
        self._waiting += 1
        self._bytes += size
        if self._idle:
            self._rouse()
        elif self._bytes > self._max_bytes // 4 and not self._urgent:
            self._hurry(begun=True)
        return True

    def _hurry(self, begun: bool) -> None:
        self._urgent = True
        self._whole |= begun
        self._wake.notify()

    def _rouse(self) -> None:
        if self._thread is None:
            thread = threading.Thread(target=self._work, name="genops-writer", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no more threads to be had now; the next record tries again
                return
            self._thread = thread
        self._idle = False
        self._moved_at = time.monotonic()
        self._wake.notify()

    def _lose(self, run: str | None) -> None:
        self.dropped += 1
        self._note(run)
        self._outage.drops()

    def _note(self, run: str | None) -> None:
        if run is not None and (run in self._lost or len(self._lost) < _REMEMBERED_LOSSES):
            self._lost[run] = self._lost.get(run, 0) + 1
            self._unnoted.add(run)

    def _abandon(self, batch: Batch) -> None:
        for lock in batch.closures:
            self._closures.discard(lock)
            self._lose(None)
        for run in batch.runs:
            self._lose(run)
        for run, _ in batch.spans:
            self._lose(run)
        for _ in batch.payloads:
            self._lose(None)

    def _work(self) -> None:
        pause = INTERVAL
        while self._take(pause):
            try:
                if self._target is None:
                    self._target = BatchWriter(self._database.connect())
                self._write(self._target)
                pause = INTERVAL
            except Exception as error:
                self._disconnect()
                with self._lock:
                    self._outage.fails(self._database.failure(error))
                    self._outage.waits()
                pause = min(2 * pause, _LONGEST_PAUSE)
            self._outage.tell(self.dropped)
        self._disconnect()

    def _disconnect(self) -> None:
        if self._target is not None:
            with contextlib.suppress(Exception):
                self._target.close()
            self._target = None

    def _take(self, pause: float) -> bool:
        """Waits for work and takes it into ``_held``; False when the writer is closed."""
        with self._lock:
            failed = len(self._held) > 0
            while True:
                while not (len(self._buffer) or failed or self._unnoted):
                    if self._closed:
                        return False
                    self._idle = True
                    self._wake.wait()
                self._idle = False
                if not self._closed and (failed or not self._urgent):
                    self._wake.wait(pause)
                if self._closed and failed:
                    return False
                due = self._due()
                self._moved_at = time.monotonic()
                if len(due) or failed or self._unnoted or self._urgent:
                    break
            self._urgent = self._whole = False
            self._held.update(due)
            if failed:  # what came again while it waited counts once
                self._waiting, self._bytes = len(self._held), self._held.size()
            self._taken += 1
            return True

    def _due(self) -> Batch:
        """Takes out of the buffer what is to be written; runs that have only just begun may end before they are."""
        due, self._buffer = self._buffer, Batch()
        if not (self._whole or self._closed or len(self._held)):
            now = time.time_ns()
            self._buffer = due.part_begun(now - _BEGUN, now)
        return due

    def _write(self, target: BatchWriter) -> None:
        with self._lock:
            lost = {run: self._lost[run] for run in self._lost.keys() & (self._unnoted | self._held.runs.keys())}
        try:
            orphans, noted = target.write(self._held, lost)
        except Exception as error:
            if _may_heal(error):
                raise
            orphans, noted, lost = self._write_singly(target), [], {}
        with self._lock:
            self._forget_noted(lost, set(noted))
            for span in orphans:
                self._lose(span.run)
            self._note_holes()
            self._held = Batch()
            self._waiting, self._bytes = len(self._buffer), self._buffer.size()
            self._done = self._taken
            self._outage.ends()
            self._written.notify_all()

    def _forget_noted(self, lost: dict[str, int], noted: set[str]) -> None:
        """Takes off what the runs' rows say now; a run without a row is asked again when it is handed over."""
        for run, count in lost.items():
            if run in noted:
                self._lost[run] -= count
            if not self._lost[run]:
                del self._lost[run]
            if run not in noted or run not in self._lost:
                self._unnoted.discard(run)

    def _note_holes(self) -> None:
        """A span whose payload was dropped makes its run incomplete."""
        if self._lost_payloads:
            for span in self._held.spans.values():
                if span.input in self._lost_payloads or span.output in self._lost_payloads:
                    self._note(span.run)

    def _write_singly(self, target: BatchWriter) -> list[SpanRecord]:
        """Finds, among good records, the one that no database would take, and loses that alone."""
        orphans = []
        for single in self._held.singles():
            try:
                orphans += target.write(single, {})[0]
            except Exception as error:
                if _may_heal(error):
                    raise
                with self._lock:
                    self._outage.fails(self._database.failure(error))
                    self._abandon(single)
        return orphans


def _may_heal(error: Exception) -> bool:
    """Whether the same records may be written later: the database is locked, full or away."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, OSError | StoreError) or ("Error" in names and not names & _REFUSED)


_open_writers: weakref.WeakSet[Writer] = weakref.WeakSet()
_inherited: list[object] = []


@atexit.register
def _close_all() -> None:
    for writer in list(_open_writers):
        writer.close()


def _after_fork() -> None:
    """The child writes what it hands over itself; the parent's connection and buffer are the parent's."""
    for writer in list(_open_writers):
        _inherited.append(writer._target)
        writer._target = None
        writer._start_afresh()


os.register_at_fork(after_in_child=_after_fork)
