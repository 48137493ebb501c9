"""Effects as a recorded run had them: injected where the request is the recorded one, and at the pace of the record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from genops.artifacts import Value, decode
from genops.errors import GenopsError, ReplayDiffers, StepError
from genops.executor.calls import recorded_error
from genops.executor.effects import Outcome
from genops.executor.motion import Motion
from genops.executor.record import Record, around, is_inside
from genops.store.records.runs import SpanRecord

_REST = 64
_PATIENCE = 1024


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where a replay is not what was recorded.

    Attributes:
        path: Position in the run.
        what: ``request`` (an effect was asked something else), ``output`` (a step gave something else), ``missing``
            (recorded, and not replayed), ``extra`` (not recorded), ``status``.
        recorded: Digest or text of what was recorded.
        replayed: Digest or text of what the replay had.
    """

    path: str
    what: Literal["request", "output", "missing", "extra", "status"]
    recorded: str | None
    replayed: str | None


@dataclass(slots=True)
class _Bound:
    """The timeout of an attempt at work.

    Attributes:
        clock: It.
        seconds: How long it is.
        late: Whether the recorded attempt ran into it.
        counts: Whether it runs since something inside of the attempt went live.
    """

    clock: asyncio.Timeout
    seconds: float
    late: bool
    counts: bool = False

    async def expire(self) -> None:
        """Lets it run out now, and waits for that.

        Raises:
            TimeoutError: It has.
        """
        if not self.clock.expired():
            self.clock.reschedule(asyncio.get_running_loop().time())
            await asyncio.Event().wait()
        for _ in range(_PATIENCE):  # the cancellation comes here, task by task, unless the step has swallowed it
            await asyncio.sleep(0)
        raise TimeoutError

    def count(self) -> None:
        """Lets it run, from now."""
        if not self.counts and not self.clock.expired():
            self.counts = True
            self.clock.reschedule(asyncio.get_running_loop().time() + self.seconds)


class Recorded:
    """Effects of a recorded run.

    An effect is injected where its request is the recorded one. Where the recorded run was cut off, by a failure beside
    it or by a timeout around it, the replay waits until that has happened again: everything that is answered from the
    record takes no time, so that an end that came later must be waited for, and one that a timeout made must be made.

    Args:
        spans: The recorded spans by position.
        payload: Gives a payload's bytes.
        strict: Whether every effect must be on record: nothing is ever performed. Else an effect goes live exactly
            where its request is not the recorded one, and timeouts around it count from then on.

    Attributes:
        differences: Where requests were not the recorded ones, as they came up.
        performed: Positions that went live.
        ran_out: Attempts that ran into their timeout, in the record or now: how far they came is chance.
    """

    def __init__(
        self, spans: Mapping[str, SpanRecord], payload: Callable[[str], bytes | None], *, strict: bool
    ) -> None:
        self.differences: list[Difference] = []
        self.performed: list[str] = []
        self.ran_out: set[str] = set()
        self._record = Record(spans)
        self._payload = payload
        self._strict = strict
        self._motion = Motion()
        self._bounds: dict[str, _Bound] = {}
        self._failing: list[str] = []
        self._changed: set[str] = set()
        self._open: set[str] = set()

    async def perform(self, path: str, request: str, live: Callable[[], Awaitable[Value]]) -> Value:
        """The recorded outcome where the request is the recorded one.

        Raises:
            ReplayDiffers: It is not, and the replay is strict.
        """
        self._motion.move(path)
        span = self._record.span(path)
        if span is not None and span.input == request and span.status in ("ok", "error"):
            return self._outcome(span)
        asked_otherwise = span is not None and span.input != request and not self._strict
        if not asked_otherwise and self._was_kept_from(path):
            await self._hold(path)
        self._go_live(path, request)
        for enclosing in around(path):
            if enclosing in self._bounds:
                self._bounds[enclosing].count()
        with self._motion.under_way(path):
            return await live()

    def read_clock(self, path: str, request: str, live: Callable[[], str]) -> Value:
        """The recorded time; that of now in an attempt that ran out of time before it came here.

        Raises:
            ReplayDiffers: There is none, and the replay is strict.
        """
        self._motion.move(path)
        span = self._record.span(path)
        if span is not None and span.input == request and span.status == "ok":
            return self._outcome(span)
        if self._late(path) is None:
            self._go_live(path, request)
        return live()

    def reused(self, path: str, request: str, made_of: Callable[[], str]) -> Outcome | None:
        """The recorded output where the step was a memo hit with the same inputs and, with swaps, components."""
        span = self._record.span(path)
        if span is None or not span.attributes.get("genops.memo.hit") or span.input != request:
            return None
        same = self._strict or span.attributes.get("genops.memo.made_of") == made_of()
        return Outcome(self._outcome(span)) if same else None

    async def begin(self, path: str) -> None:
        """Waits at a step that was never begun because something around it had failed or run out of time.

        Raises:
            ReplayDiffers: As from :meth:`perform`.
        """
        self._motion.move(path)
        if self._record.span(path) is None and self._was_kept_from(path):
            await self._hold(path)

    async def attempt(self, step: str, path: str, number: int) -> None:
        """Waits at an attempt that a step had not come to when it was cut off.

        Raises:
            ReplayDiffers: As from :meth:`perform`.
        """
        if number == 1 or not self._record.was_cut_off(step):
            return
        if number > len(self._record.failures(step)) and not self._record.reached(path):
            await self._hold(path)

    @asynccontextmanager
    async def timeout(
        self, step: str, path: str, number: int, seconds: float, message: str
    ) -> AsyncIterator[asyncio.Timeout]:
        """Runs out where it ran out in the record, and by the clock from when something inside of it went live."""
        late = self._record.timed_out(step, number, message)
        if late:
            self.ran_out.add(path)
        try:
            async with asyncio.timeout(seconds if late else None) as clock:
                bound = self._bounds[path] = _Bound(clock, seconds, late)
                try:
                    yield clock
                except GenopsError:
                    if not self._is_late(path):
                        raise
                finally:
                    late = self._is_late(path)
                    del self._bounds[path]
                if late:
                    await bound.expire()
        except TimeoutError:
            self.ran_out.add(path)
            raise

    async def pause(self, path: str, seconds: float) -> None:
        """None, but between attempts in which something went live."""
        if path in self._changed:
            with self._motion.under_way(path):
                await asyncio.sleep(seconds)

    async def fail(self, path: str) -> None:
        """Lets everything else come to rest first, and what failed earlier in the recorded run fail earlier."""
        block = self._record.block(path)
        if block is None or path in self._changed:
            return
        if self._record.was_cut_off(block.path):
            await self._hold(path)
        holder = self._record.holder(block)
        self._failing.append(path)
        try:
            while True:
                await self._motion.rest(holder, _REST, self._expiring)
                beside = (other for other in self._failing if is_inside(other, holder))
                if min(beside, key=self._record.failed_at) == path:
                    break
        finally:
            self._failing.remove(path)
            self._motion.move(path)

    def _was_kept_from(self, path: str) -> bool:
        """Whether something cut the recorded run off before it came to what is at a position, or to its end."""
        if self._record.span(path) is not None:
            return self._record.was_cut_off(path)
        return self._record.cut_short(path) or self._late(path) is not None

    async def _hold(self, path: str) -> None:
        """Waits for what cut the recorded run off here; comes back when nothing is left that could do that.

        Raises:
            ReplayDiffers: So it is, and the replay is strict.
        """
        survivor = self._record.survivor(path)
        attempt = self._late(path)
        if attempt is not None and not is_inside(survivor, attempt):
            await self._motion.rest(attempt, _REST, self._ending)
            if self._is_late(attempt):
                await self._bounds[attempt].expire()
        await self._motion.rest(survivor, _PATIENCE, self._ending, unless=lambda: survivor in self._open)
        if self._strict:
            self._differ(Difference(path, "extra", None, None))
            raise ReplayDiffers(f"{path}: the recorded run never got there")
        self._open.add(survivor)

    def _late(self, path: str) -> str | None:
        """The innermost attempt around a position that ran out of time in the record and has not changed since."""
        return next((attempt for attempt in reversed(list(around(path))) if self._is_late(attempt)), None)

    def _is_late(self, attempt: str) -> bool:
        bound = self._bounds.get(attempt)
        return bound is not None and bound.late and attempt not in self._changed

    def _expiring(self) -> list[str]:
        """Attempts that are about to run out of time."""
        return [attempt for attempt in self._bounds if self._is_late(attempt)]

    def _ending(self) -> list[str]:
        """What is about to end."""
        return [*self._expiring(), *self._failing]

    def _go_live(self, path: str, request: str) -> None:
        """Notes that what the record has at a position is not what is asked for.

        Raises:
            ReplayDiffers: The replay is strict.
        """
        span = self._record.span(path)
        asked = span.input if span is not None else None
        self._differ(Difference(path, "request" if asked not in (None, request) else "extra", asked, request))
        if self._strict:
            raise ReplayDiffers(f"{path}: the recorded run did not ask this")
        self.performed.append(path)

    def _differ(self, difference: Difference) -> None:
        self.differences.append(difference)
        self._changed.update(around(difference.path))

    def _outcome(self, span: SpanRecord) -> Value:
        """What the record has.

        Raises:
            GenopsError: The recorded effect failed, or its payload is gone.
        """
        if span.error is not None:
            raise recorded_error(span.error)
        data = self._payload(span.output) if span.output is not None else None
        if data is None:
            raise StepError(f"{span.path}: the recorded payload is gone", hint="it may have been pruned")
        return decode(data)
