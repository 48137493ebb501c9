"""Runs and their spans, as the executor makes them and as queries give them back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["running", "ok", "error", "skipped", "cancelled"]


SpanKind = Literal[
    "chain", "step", "scope", "model", "tool", "retrieve", "http", "clock", "agent", "function", "engine"
]


@dataclass(slots=True)
class RunRecord:
    """One execution under a lock.

    Attributes:
        id: 32 hexadecimal digits, random; also how people name the trace.
        trace_id: OpenTelemetry trace id (32 hex digits); the id itself unless a ``traceparent`` was joined.
        chain: Name of the chain, or of the traced function.
        reference: How the chain was referred to.
        lock: Digest of the lock, empty for a traced function.
        mode: What the run was for.
        origin: The run that a replay repeats.
        started: Nanoseconds since the epoch.
        ended: None while it runs (or for ever, when the process was killed).
        inputs: Digest of the redacted inputs' payload.
        output: Digest of the redacted output's payload.
        error: ``{"type", "message", "path"}`` of the failure.
        tags: Sorted, unique.
        input_tokens: Sum over model calls.
        output_tokens: Sum over model calls.
        cost: US dollars over model calls; None when the price of one is unknown.
        model_calls: Calls that reached a provider or a cache.
        spans: Spans written, itself included.
        dropped: Records that could not be written; more than 0 makes the trace incomplete.
        text: What full-text search finds it by: inputs, output and error as text, cut to a bound.
    """

    id: str
    trace_id: str
    chain: str
    started: int
    reference: str = ""
    lock: str = ""
    mode: Literal["run", "batch", "replay", "eval", "fuzz", "function"] = "run"
    origin: str | None = None
    status: Status = "running"
    ended: int | None = None
    inputs: str | None = None
    output: str | None = None
    error: dict[str, Any] | None = None
    session: str | None = None
    user: str | None = None
    tags: list[str] = field(default_factory=list)
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    model_calls: int = 0
    spans: int = 0
    dropped: int = 0
    text: str = ""

    @property
    def seconds(self) -> float:
        """How long it took; 0 where it has not ended."""
        return ((self.ended or self.started) - self.started) / 1e9


@dataclass(slots=True)
class SpanRecord:
    """One piece of work inside a run.

    Attributes:
        run: Id of the run.
        number: From 1 in the order of starting; the root is 1.
        parent: Number of the enclosing span, None for the root.
        span_id: OpenTelemetry span id, 16 hexadecimal digits.
        path: Position in the run, unique in it: ``each[3]/answer#2/model``.
        kind: What it is.
        name: The step's, tool's, index's or alias's name.
        started: Nanoseconds since the epoch.
        ended: None while unfinished.
        input: Digest of the redacted input's payload. For an effect this is the request whose digest replay compares.
        output: Digest of the redacted output's payload.
        error: ``{"type", "message", …}``.
        patch: The change to the enclosing scope's state, as JSON Patch operations (RFC 6902); a value may be given
            as ``{"$payload": digest}``.
        attributes: Span attributes under their OpenTelemetry names.
    """

    run: str
    number: int
    parent: int | None
    span_id: str
    path: str
    kind: SpanKind
    name: str
    started: int
    status: Status = "running"
    ended: int | None = None
    input: str | None = None
    output: str | None = None
    error: dict[str, Any] | None = None
    patch: list[dict[str, Any]] | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted; everything that is given must hold.

    Attributes:
        chain: Name of the chain or traced function.
        since: Started at or after, nanoseconds since the epoch.
        until: Started before, nanoseconds since the epoch.
        min_latency: Seconds; a run that has not ended has no latency and is left out.
        max_latency: Seconds.
        min_cost: US dollars; a run whose cost is unknown is left out.
        max_cost: US dollars.
        text: Words that must all occur in the run's inputs, output or error.
        component: Digest, or a prefix of 4 digits or more, of a component in the run's lock.
        origin: Id of the run that it replays.
    """

    chain: str | None = None
    status: Status | None = None
    mode: str | None = None
    since: int | None = None
    until: int | None = None
    min_latency: float | None = None
    max_latency: float | None = None
    min_cost: float | None = None
    max_cost: float | None = None
    text: str | None = None
    component: str | None = None
    session: str | None = None
    user: str | None = None
    tag: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """How many rows there are, or how many were deleted."""

    runs: int
    spans: int
    payloads: int
