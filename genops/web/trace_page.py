"""The page of one trace: a single HTML file with everything in it."""

from __future__ import annotations

from typing import Any

from genops.errors import StoreError
from genops.page import Page, embedded
from genops.store.records.runs import SpanRecord
from genops.tracing import telemetry
from genops.tracing.quantities import seconds
from genops.tracing.trace import Trace
from genops.tracing.view import SpanView, attempts_of, run_view, span_views


def trace_page(trace: Trace) -> str:
    """A trace as one HTML file: it loads nothing, and its policy allows nothing but its own script and style.

    Payloads are in it as data, never as markup, and no content of the trace can run.
    """
    return Page("genops.web", "trace").filled(
        f"{trace.run.chain} · {trace.run.id[:12]}", data=embedded(page_data(trace))
    )


def page_data(trace: Trace) -> dict[str, Any]:
    """What the page shows, as JSON values."""
    run, view = trace.run, run_view(trace)
    digests = sorted(_digests(trace))
    trace.fetch(digests)
    return {
        "run": {
            "id": run.id,
            "chain": run.chain,
            "status": view.status,
            "started": run.started // 1_000_000,
            "seconds": view.duration,
            "summary": view.summary,
            "facts": view.facts,
            "inputs": run.inputs,
            "output": run.output,
            "error": run.error,
        },
        "spans": [_span(span) for span in span_views(trace)],
        "payloads": {digest: _payload(trace, digest) for digest in digests},
    }


def _span(view: SpanView) -> dict[str, Any]:
    span = view.span
    facts = [
        ("time", view.duration_text),
        ("share of the run", f"{view.share:.0%}" if view.share is not None else ""),
        ("began after", seconds(view.offset)),
        ("first token", f"after {seconds(view.first_token)}" if view.first_token is not None else ""),
        ("tokens", view.usage.tokens_text),
        ("cost", view.usage.cost_text),
    ]
    shown = {
        "number": span.number,
        "parent": span.parent,
        "depth": view.depth,
        "path": span.path,
        "label": view.label,
        "kind": view.kind,
        "status": view.status,
        "offset": view.offset,
        "seconds": view.duration,
        "time": view.duration_text,
        "facts": [fact for fact in facts if fact[1]],
        "marks": view.marks,
        "started": str(span.started),
        "ended": None if span.ended is None else str(span.ended),
        "input": span.input,
        "output": span.output,
        "error": span.error,
        "attempts": attempts_of(span),
        "patch": span.patch,
        "attributes": {name: value for name, value in span.attributes.items() if name != telemetry.ATTEMPTS},
    }
    return {name: value for name, value in shown.items() if value not in (None, [], (), {})}


def _digests(trace: Trace) -> set[str]:
    found = {trace.run.inputs, trace.run.output}
    for span in trace.spans:
        found |= {span.input, span.output, *_patched(span)}
    return {digest for digest in found if digest}


def _patched(span: SpanRecord) -> set[str]:
    """Digests of the payloads that a state change holds."""
    found: set[str] = set()
    stack: list[Any] = [operation.get("value") for operation in span.patch or []]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            if set(value) == {"$payload"}:
                found.add(value["$payload"])
            else:
                stack.extend(value.values())
    return found


def _payload(trace: Trace, digest: str) -> dict[str, Any]:
    try:
        return {"value": trace.value(digest)}
    except StoreError as error:
        return {"problem": error.message}
