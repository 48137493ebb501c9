"""What comes in from outside of a run, by position: live, or as a recorded run had it (DESIGN, replay by position)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import genops.errors as errors
from genops.artifacts import Value, decode
from genops.errors import GenopsError, ReplayDiffers, StepError
from genops.store.records import SpanRecord


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

    def never_ended(self, path: str) -> bool:
        """Whether the effect is to hang until it is cancelled, because that is what it did when it was recorded."""
        ...

    def attempt_timed_out(self, path: str, attempt: int) -> bool:
        """Whether this attempt (from 1) of a step ran into its timeout when it was recorded."""
        ...

    def reused(self, path: str, request: str) -> Outcome | None:
        """The output of a step that was itself a memo hit when it was recorded."""
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

    def never_ended(self, path: str) -> bool:
        """False."""
        return False

    def attempt_timed_out(self, path: str, attempt: int) -> bool:
        """False."""
        return False

    def reused(self, path: str, request: str) -> Outcome | None:
        """None."""
        return None


@dataclass(slots=True)
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

    def outcome(self, path: str, request: str) -> Outcome | None:
        """The recorded outcome where the request is the recorded one.

        Raises:
            ReplayDiffers: It is not, and the replay is strict.
        """
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

    def never_ended(self, path: str) -> bool:
        """True for what was cancelled with its siblings, or never begun, in a run that failed."""
        if not self.strict:
            return False
        span = self.spans.get(path)
        root = self.spans.get("")
        failed = root is not None and root.status == "error"
        return failed and (span is None or span.status in ("cancelled", "running"))

    def attempt_timed_out(self, path: str, attempt: int) -> bool:
        """As the step's recorded attempts say."""
        span = self.spans.get(path)
        attempts = span.attributes.get("genops.attempts", []) if span else []
        return attempt <= len(attempts) and attempts[attempt - 1]["type"] == "StepTimeout"

    def reused(self, path: str, request: str) -> Outcome | None:
        """The recorded output where the step was a memo hit with the same inputs."""
        span = self.spans.get(path)
        if span is None or not span.attributes.get("genops.memo.hit") or span.input != request:
            return None
        return self._outcome(span)

    def _outcome(self, span: SpanRecord) -> Outcome:
        if span.error is not None:
            return Outcome(error=rebuilt(span.error))
        data = self.payload(span.output) if span.output is not None else None
        if data is None:
            raise StepError(f"{span.path}: the recorded payload is gone", hint="it may have been pruned")
        return Outcome(decode(data))


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
