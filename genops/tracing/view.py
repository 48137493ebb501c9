"""A trace as people read it: labels, times, tokens and costs, each with its unit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from genops.store.records.runs import RunRecord, SpanRecord
from genops.tracing import telemetry
from genops.tracing.quantities import counted, dollars, seconds
from genops.tracing.trace import Trace

_REASK = re.compile(r"/model\[(\d+)]$")
_EFFECTS = {"retrieve": "search"}
_BUILT_IN = ("offline", "scripted", "recorded")
_SCOPES = {"map": "item", "loop": "round", "agent": "turn", "branch": "case"}


@dataclass(frozen=True, slots=True)
class Usage:
    """What model calls used.

    Attributes:
        calls: Model calls that were answered live or by a cache; those injected by a replay used nothing.
        input_tokens: Their sum.
        output_tokens: Their sum.
        cost: US dollars; None when the price of one is unknown.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0

    def __add__(self, other: Usage) -> Usage:
        cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        return Usage(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            cost,
        )

    @property
    def tokens_text(self) -> str:
        """``1,203 in, 85 out``; empty without a model call."""
        return f"{self.input_tokens:,} in, {self.output_tokens:,} out" if self.calls else ""

    @property
    def cost_text(self) -> str:
        """``$0.00031``, ``cost unknown``; empty without a model call."""
        return dollars(self.cost) if self.calls else ""


@dataclass(frozen=True, slots=True)
class SpanView:
    """One span as it is shown.

    Attributes:
        span: The record.
        depth: 0 for the root.
        label: Kind and name: ``prompt answer``, ``model gpt-4o-mini``, ``item [3]``.
        kind: The kind that it is coloured by: the span's own; for a step, that of the step.
        status: As recorded; ``unfinished`` for a span that has not ended.
        offset: Seconds from the start of the run.
        duration: Seconds; None while unfinished.
        share: Part of the run's duration, 0 to 1; None when one of the two is not known.
        usage: Of the model calls in it and below it.
        marks: What is to be noticed: failed attempts, re-asks, fallback, reuse, number of passages.
        first_token: Seconds to the first token of a model's answer, where that is known.
        error: Type and message of its failure.
    """

    span: SpanRecord
    depth: int
    label: str
    kind: str
    status: str
    offset: float
    duration: float | None
    share: float | None
    usage: Usage
    marks: tuple[str, ...]
    first_token: float | None
    error: str | None

    @property
    def duration_text(self) -> str:
        """``1.24 s``; ``unfinished`` when it has not ended."""
        return "unfinished" if self.duration is None else seconds(self.duration)


@dataclass(frozen=True, slots=True)
class RunView:
    """The run as it is shown.

    Attributes:
        run: The record.
        status: As recorded; ``unfinished`` for a run that has not ended.
        duration: Seconds; None while unfinished.
        usage: Of all model calls.
        facts: Name and value of what else is known: mode, origin, joined trace, lock, session, user, tags, drops.
    """

    run: RunRecord
    status: str
    duration: float | None
    usage: Usage
    facts: tuple[tuple[str, str], ...]

    @property
    def summary(self) -> str:
        """Duration, model calls, tokens and cost in one line."""
        parts = ["unfinished" if self.duration is None else seconds(self.duration)]
        if self.usage.calls:
            parts += [counted(self.usage.calls, "model call"), f"{self.usage.tokens_text} tokens", self.usage.cost_text]
        return " · ".join(parts)


def run_view(trace: Trace) -> RunView:
    """The head of a trace."""
    run = trace.run
    facts = [
        ("mode", run.mode if run.mode != "run" else ""),
        ("replay of", (run.origin or "")[:12]),
        ("part of trace", run.trace_id if run.trace_id != run.id else ""),
        ("lock", run.lock[:12]),
        ("session", run.session or ""),
        ("user", run.user or ""),
        ("tags", ", ".join(run.tags)),
        ("incomplete", f"{counted(run.dropped, 'record')} dropped" if run.dropped else ""),
    ]
    usage = Usage(run.model_calls, run.input_tokens, run.output_tokens, run.cost)
    status = "unfinished" if run.status == "running" else run.status
    known = tuple((name, value) for name, value in facts if value)
    return RunView(run, status, _duration(run.started, run.ended), usage, known)


def span_views(trace: Trace) -> list[SpanView]:
    """Every span, parents before children."""
    usage = _usage(trace)
    whole = _duration(trace.run.started, trace.run.ended)
    by_number = {span.number: span for span in trace.spans}
    return [_span_view(trace, depth, span, by_number, usage[span.number], whole) for depth, span in trace.walk()]


def _span_view(
    trace: Trace, depth: int, span: SpanRecord, by_number: Mapping[int, SpanRecord], usage: Usage, whole: float | None
) -> SpanView:
    duration = _duration(span.started, span.ended)
    return SpanView(
        span=span,
        depth=depth,
        label=label(span, by_number.get(span.parent or 0)),
        kind=str(span.attributes.get("genops.step.kind", span.kind)) if span.kind == "step" else span.kind,
        status="unfinished" if span.status == "running" else span.status,
        offset=(span.started - trace.run.started) / 1e9,
        duration=duration,
        share=min(duration / whole, 1.0) if duration is not None and whole else None,
        usage=usage,
        marks=tuple(_marks(span, trace.run)),
        first_token=span.attributes.get("gen_ai.response.time_to_first_chunk"),
        error=error_text(span),
    )


def label(span: SpanRecord, parent: SpanRecord | None) -> str:
    """Kind and name of a span; a scope is named by what its step does with it."""
    attributes = span.attributes
    if span.kind == "scope":
        kind = str(parent.attributes.get("genops.step.kind", "")) if parent is not None else ""
        return f"{_SCOPES.get(kind, 'chain')} {span.name.lstrip('/')}"
    if span.kind in ("step", "agent"):
        return f"{attributes.get('genops.step.kind', span.kind)} {span.name}"
    if span.kind == "model":
        provider = attributes.get("gen_ai.provider.name")
        named = f"{provider}/" if provider in _BUILT_IN else ""  # what is no LLM is not to be taken for one
        return f"model {named}{attributes.get('gen_ai.request.model', span.name)}"
    return f"{_EFFECTS.get(span.kind, span.kind)} {span.name}"


def error_text(span: SpanRecord) -> str | None:
    """Type and message of a span's failure."""
    return f"{span.error.get('type')}: {span.error.get('message')}" if span.error else None


def attempts_of(span: SpanRecord) -> list[dict[str, Any]]:
    """The failed attempts of a step or call, first to last."""
    attempts = span.attributes.get(telemetry.ATTEMPTS) or (span.error or {}).get("attempts") or []
    return [attempt for attempt in attempts if isinstance(attempt, dict)] if isinstance(attempts, list) else []


def _marks(span: SpanRecord, run: RunRecord) -> list[str]:
    attributes = span.attributes
    marks = []
    if attempts_of(span):
        marks.append(counted(len(attempts_of(span)), "failed attempt"))
    if span.kind == "model" and (again := _REASK.search(span.path)):
        marks.append(f"re-ask {again[1]}")
    if "genops.fallback" in attributes:
        marks.append(f"fallback {attributes['genops.fallback']}")
    if attributes.get("genops.memo.hit"):
        marks.append("memo hit")
    if attributes.get(telemetry.RESPONSE_CACHED):
        marks.append("cached")
    if span.kind == "model" and run.mode == "replay" and span.status == "ok" and not _answered(span):
        marks.append("from the record")
    documents = attributes.get(telemetry.CHUNK_IDS)
    if isinstance(documents, list):
        marks.append(counted(len(documents), "passage"))
    return marks


def _answered(span: SpanRecord) -> bool:
    return any(name.startswith(("gen_ai.response.", "gen_ai.usage.")) for name in span.attributes)


def _usage(trace: Trace) -> dict[int, Usage]:
    """By span number, of the model calls in the span and below it."""
    usage = {span.number: _own_usage(span) for span in trace.spans}
    for span in sorted(trace.spans, key=lambda span: span.number, reverse=True):
        if span.parent in usage:
            usage[span.parent] += usage[span.number]
    return usage


def _own_usage(span: SpanRecord) -> Usage:
    if span.kind != "model" or not _answered(span):
        return Usage()
    attributes = span.attributes
    return Usage(
        1,
        attributes.get("gen_ai.usage.input_tokens") or 0,
        attributes.get("gen_ai.usage.output_tokens") or 0,
        attributes.get(telemetry.COST_USD),
    )


def _duration(started: int, ended: int | None) -> float | None:
    return None if ended is None else (ended - started) / 1e9
