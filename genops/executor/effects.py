"""What comes in from outside of a run, by position: live, or as a recorded run had it (DESIGN, replay by position)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

import genops.errors as errors
from genops.artifacts import Value, decode
from genops.errors import GenopsError, ReplayDiffers, StepError
from genops.store.records import SpanRecord

_CUT_OFF = ("cancelled", "running")
_REST = 64
_PATIENCE = 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a recorded effect gave: a value, or the error that it raised."""

    value: Value = None
    error: GenopsError | None = None


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


class Effects(Protocol):
    """Decides, effect by effect, between the world and the record."""

    def outcome(self, path: str, request: str) -> Outcome | None:
        """The recorded outcome of the effect at a position, or None when it is to be performed."""
        ...

    async def begin(self, path: str, ends: bool = False) -> None:
        """Waits until it is cancelled where the recorded run got no further: the position was not reached.

        Args:
            path: A step or an effect.
            ends: Whether it must have ended as well, as an effect must.
        """
        ...

    async def attempt(self, step: str, path: str, attempt: int) -> None:
        """As :meth:`begin`, for an attempt (from 1) of a step."""
        ...

    async def fail(self, path: str) -> None:
        """Waits before a step fails until all is done that was done before that in the recorded run."""
        ...

    def attempt_timed_out(self, path: str, attempt: int, message: str) -> bool:
        """Whether this attempt (from 1) of a step ran into its own timeout, which says ``message``, when recorded."""
        ...

    def reused(self, path: str, request: str, made_of: Callable[[], str]) -> Outcome | None:
        """The output of a step that was itself a memo hit, of the same components, when it was recorded."""
        ...

    @property
    def live(self) -> bool:
        """Whether the run is not a replay: clocks tick and backoffs wait."""
        ...


class Live:
    """Every effect is performed."""

    live = True

    def outcome(self, path: str, request: str) -> Outcome | None:
        """None."""
        return None

    async def begin(self, path: str, ends: bool = False) -> None:
        """At once."""

    async def attempt(self, step: str, path: str, attempt: int) -> None:
        """At once."""

    async def fail(self, path: str) -> None:
        """At once."""

    def attempt_timed_out(self, path: str, attempt: int, message: str) -> bool:
        """False."""
        return False

    def reused(self, path: str, request: str, made_of: Callable[[], str]) -> Outcome | None:
        """None."""
        return None


@dataclass
class Recorded:
    """Effects of a recorded run.

    Attributes:
        spans: The recorded spans by position.
        payload: Gives a payload's bytes.
        strict: Whether every effect must be on record: nothing is ever performed. Else it goes live exactly where a
            request is not the recorded one.
        differences: Where requests were not the recorded ones, as they came up.
        performed: Positions that went live.
    """

    spans: dict[str, SpanRecord]
    payload: Callable[[str], bytes | None]
    strict: bool
    differences: list[Difference] = field(default_factory=list)
    performed: list[str] = field(default_factory=list)
    live = False
    _moves: int = 0
    _failing: list[str] = field(default_factory=list)

    def outcome(self, path: str, request: str) -> Outcome | None:
        """The recorded outcome where the request is the recorded one.

        Raises:
            ReplayDiffers: It is not, and the replay is strict.
        """
        self._moves += 1
        span = self.spans.get(path)
        if span is not None and span.input == request and span.status in ("ok", "error"):
            return self._outcome(span)
        known = span is not None and span.input is not None
        self.differences.append(
            Difference(path, "request" if known else "extra", span.input if span else None, request)
        )
        if self.strict:
            raise ReplayDiffers(f"{path}: the recorded run did not ask this")
        self.performed.append(path)
        return None

    async def begin(self, path: str, ends: bool = False) -> None:
        """Waits at what was cancelled with its siblings, or never begun because something around it had failed.

        Raises:
            ReplayDiffers: Nothing else is under way that could still cancel it.
        """
        self._moves += 1
        span = self.spans.get(path)
        begun = span is not None and not (ends and span.status in _CUT_OFF)
        if not begun and self.strict and (span or self._cut_off(path)):
            await self._hold(path)

    async def attempt(self, step: str, path: str, attempt: int) -> None:
        """Waits at an attempt that a step had not come to when it was cancelled.

        Raises:
            ReplayDiffers: As from :meth:`begin`.
        """
        span = self.spans.get(step)
        if attempt == 1 or not self.strict or span is None or span.status not in _CUT_OFF:
            return
        ended = attempt <= len(span.attributes.get("genops.attempts", []))
        if not ended and not any(path in _around(other) for other in self.spans):
            await self._hold(path)

    async def _hold(self, path: str) -> None:
        await self._rest(_PATIENCE)
        self.differences.append(Difference(path, "extra", None, None))
        raise ReplayDiffers(f"{path}: the recorded run never got there")

    async def fail(self, path: str) -> None:
        """Lets everything else come to rest first, and what failed earlier in the recorded run fail earlier."""
        if not self.strict:
            return
        block = self._block(path)
        if block is not None and block.status in _CUT_OFF:
            await self._hold(path)
        self._failing.append(path)
        try:
            await self._rest(_REST)
            while min(self._failing, key=self._failed_at) != path:
                await self._rest(_REST)
        finally:
            self._failing.remove(path)
            self._moves += 1

    def attempt_timed_out(self, path: str, attempt: int, message: str) -> bool:
        """As the step's recorded attempts say."""
        span = self.spans.get(path)
        attempts = span.attributes.get("genops.attempts", []) if span else []
        return attempt <= len(attempts) and own_timeout(attempts[attempt - 1]) == message

    def reused(self, path: str, request: str, made_of: Callable[[], str]) -> Outcome | None:
        """The recorded output where the step was a memo hit with the same inputs and, with swaps, components."""
        span = self.spans.get(path)
        if span is None or not span.attributes.get("genops.memo.hit") or span.input != request:
            return None
        same = self.strict or span.attributes.get("genops.memo.made_of") == made_of()
        return self._outcome(span) if same else None

    async def _rest(self, rounds: int) -> None:
        """Waits until the replay has not moved for some rounds of the event loop: nothing in it waits for the world."""
        seen, still = self._moves, 0
        while still < rounds:
            await asyncio.sleep(0)
            still = still + 1 if seen == self._moves else 0
            seen = self._moves

    def _cut_off(self, path: str) -> bool:
        """Whether something around a position had failed or was cancelled itself."""
        around = (self.spans.get(other) for other in _around(path))
        return any(span is not None and span.status in ("error", *_CUT_OFF) for span in around)

    def _failed_at(self, path: str) -> tuple[int, int]:
        """When a step's failure ended the block that it is in, which others of the block may have outlived a while."""
        span, block = self.spans.get(path), self._block(path)
        return (block.ended or 0 if block else 0, span.number if span else 0)

    def _block(self, path: str) -> SpanRecord | None:
        """The span of the block that a step is in."""
        span = self.spans.get(path)
        return self._by_number.get(span.parent) if span else None

    @cached_property
    def _by_number(self) -> dict[int | None, SpanRecord]:
        return {span.number: span for span in self.spans.values()}

    def _outcome(self, span: SpanRecord) -> Outcome:
        if span.error is not None:
            return Outcome(error=rebuilt(span.error))
        data = self.payload(span.output) if span.output is not None else None
        if data is None:
            raise StepError(f"{span.path}: the recorded payload is gone", hint="it may have been pruned")
        return Outcome(decode(data))


def _around(path: str) -> Iterator[str]:
    """The positions that enclose one."""
    yield ""
    for mark in re.finditer(r"[/\[#|]", path):
        yield path[: mark.start()]


def own_timeout(attempt: dict[str, Any]) -> str | None:
    """What a recorded attempt says where it ran into the step's own timeout, not into one inside of it."""
    own = attempt.get("type") == "StepTimeout" and "path" not in attempt
    return str(attempt["message"]) if own else None


def rebuilt(recorded: dict[str, Any]) -> GenopsError:
    """The error of a record, of the same type where genops defines it."""
    cls = getattr(errors, str(recorded.get("type")), StepError)
    if not (isinstance(cls, type) and issubclass(cls, GenopsError)):
        cls = StepError
    error = cls(str(recorded.get("message", "")), hint=recorded.get("hint"))
    for name in ("status", "retry_after", "path"):
        if name in recorded and hasattr(error, name):
            setattr(error, name, recorded[name])
    return error
