"""The span that the present code runs in: ours in a context variable, and in OpenTelemetry's context for others."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from genops.store.records import SpanRecord
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


@contextmanager
def activate(recorder: Recorder, span: SpanRecord) -> Iterator[None]:
    """Makes a span the current one, for ``@genops.trace`` and for other OpenTelemetry instrumentation."""
    from opentelemetry import context as otel_context
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    here = SpanContext(
        int(recorder.run.trace_id, 16),
        int(span.span_id, 16),
        is_remote=False,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    mine = _active.set(Active(recorder, span))
    theirs = otel_context.attach(set_span_in_context(NonRecordingSpan(here)))
    try:
        yield
    finally:
        otel_context.detach(theirs)
        _active.reset(mine)


def traceparent(recorder: Recorder, span: SpanRecord) -> str:
    """The W3C ``traceparent`` header of a span."""
    return f"00-{recorder.run.trace_id}-{span.span_id}-01"


def joined_traceparent() -> tuple[str, str] | None:
    """Trace id and span id that a new run belongs to, if any.

    Those of the OpenTelemetry span that is current in the caller, else those of the variable ``TRACEPARENT``, by
    which build systems and shells hand a trace on to the processes that they start.
    """
    if "opentelemetry.trace" in sys.modules:
        from opentelemetry.trace import get_current_span

        context = get_current_span().get_span_context()
        if context.is_valid:
            return f"{context.trace_id:032x}", f"{context.span_id:016x}"
    header = os.environ.get("TRACEPARENT")
    parsed = parse_traceparent(header) if header else None
    return parsed[:2] if parsed else None
