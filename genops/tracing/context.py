"""The span that the present code runs in: ours in a context variable, and in OpenTelemetry's context for others."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar, Token
from dataclasses import dataclass
from functools import cache
from typing import Any

from genops.store.records.runs import SpanRecord
from genops.tracing.recorder import Recorder
from genops.tracing.traceparent import parse_traceparent


@dataclass(frozen=True, slots=True)
class Active:
    """Where the present code stands in which run."""

    recorder: Recorder
    span: SpanRecord


_active: ContextVar[Active | None] = ContextVar("genops_active", default=None)


def active() -> Active | None:
    """The run and span that the present code runs in, if any."""
    return _active.get()


class activate:  # noqa: N801
    """Makes a span the current one, for ``@genops.trace`` and for other OpenTelemetry instrumentation.

    A class and not a generator: it is entered for every effect of every run.
    """

    __slots__ = ("_mine", "_recorder", "_span", "_theirs")

    def __init__(self, recorder: Recorder, span: SpanRecord) -> None:
        self._recorder = recorder
        self._span = span

    def __enter__(self) -> None:
        self._mine = _active.set(Active(self._recorder, self._span))
        self._theirs = _otel().attach(self._recorder.run.trace_id, self._span.span_id)

    def __exit__(self, *_: object) -> None:
        _otel().detach(self._theirs)
        with suppress(ValueError):  # a coroutine that nobody awaits any more is closed in another context
            _active.reset(self._mine)


@dataclass(frozen=True, slots=True)
class _OpenTelemetry:
    """The few names of OpenTelemetry that are needed here, imported once."""

    attach: Callable[[str, str], Token[Any]]
    detach: Callable[[Token[Any]], None]


@cache
def _otel() -> _OpenTelemetry:
    from opentelemetry import context
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    sampled = TraceFlags(TraceFlags.SAMPLED)

    def attach(trace_id: str, span_id: str) -> Token[Any]:
        here = SpanContext(int(trace_id, 16), int(span_id, 16), False, sampled)
        return context.attach(set_span_in_context(NonRecordingSpan(here)))

    return _OpenTelemetry(attach, context.detach)


def traceparent(recorder: Recorder, span: SpanRecord) -> str:
    """The W3C ``traceparent`` header of a span."""
    return f"00-{recorder.run.trace_id}-{span.span_id}-01"


def joined_traceparent() -> tuple[str, str] | None:
    """Trace id and span id that a new run belongs to, if any.

    Those of the OpenTelemetry span that is current in the caller, else those of the variable ``TRACEPARENT``, by
    which build systems and shells hand a trace on to the processes that they start.
    """
    opentelemetry = sys.modules.get("opentelemetry.trace")
    if opentelemetry is not None:
        context = opentelemetry.get_current_span().get_span_context()
        if context.is_valid:
            return f"{context.trace_id:032x}", f"{context.span_id:016x}"
    header = os.environ.get("TRACEPARENT")
    parsed = parse_traceparent(header) if header else None
    return parsed[:2] if parsed else None
