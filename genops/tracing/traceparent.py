"""Incoming ``traceparent`` headers (W3C Trace Context)."""

from __future__ import annotations


def parse_traceparent(header: str) -> tuple[str, str, int] | None:
    """Trace id, span id (in hexadecimal) and flags of a ``traceparent`` header; None when it is not a valid one."""
    from opentelemetry.context import Context
    from opentelemetry.trace import get_current_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({"traceparent": header}, context=Context())
    found = get_current_span(context).get_span_context()
    if not found.is_valid:
        return None
    return f"{found.trace_id:032x}", f"{found.span_id:016x}", int(found.trace_flags)
