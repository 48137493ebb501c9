"""Run and span records as spans of the OpenTelemetry SDK, which its exporters and encoders take."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from genops.artifacts import Value, decode, well_formed
from genops.store.records.runs import RunRecord, SpanRecord
from genops.tracing import telemetry
from genops.tracing.messages import input_messages, output_messages

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext, Status

PayloadLookup = Callable[[str], bytes | None]

_CLIENT_KINDS = frozenset({"model", "http", "retrieve"})
_CONTENT = frozenset(
    {
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.retrieval.query.text",
        "gen_ai.system_instructions",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "input.value",
        "output.value",
    }
)
_DEFAULT_LENGTH_LIMIT = 1_000_000
_INT64 = range(-(2**63), 2**63)


def otel_spans(
    run: RunRecord, spans: Sequence[SpanRecord], payload: PayloadLookup, *, capture_content: bool = True
) -> Iterator[ReadableSpan]:
    """The spans of a run, with its trace id and ours for span and parent.

    Args:
        run: The run.
        spans: Its spans; a parent that is not among them is left out.
        payload: The bytes of a payload by digest; None when they are not there.
        capture_content: Whether inputs, outputs, messages, tool arguments and error messages go along.
    """
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanKind

    ids = {span.number: span.span_id for span in spans}
    for span in spans:
        root = span.parent is None
        parent = span.attributes.get(telemetry.PARENT_SPAN) if root else ids.get(span.parent or 0)
        yield ReadableSpan(
            name=_text(telemetry.otel_span_name(span.kind, span.name, span.attributes)),
            context=_context(run.trace_id, span.span_id),
            parent=_context(run.trace_id, parent, is_remote=root) if parent else None,
            resource=resource(),
            attributes=_attributes(run, span, payload, capture_content),
            events=list(_events(run, span, capture_content)),
            kind=SpanKind.CLIENT if span.kind in _CLIENT_KINDS else SpanKind.INTERNAL,
            status=_status(span, capture_content),
            start_time=span.started,
            end_time=_end(run, span),
            instrumentation_scope=_scope(),
        )


@cache
def resource() -> Resource:
    """What makes the spans, from the standard ``OTEL_*`` variables; the service is ``genops`` unless named."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource

    stated = Resource.create()
    if str(stated.attributes[SERVICE_NAME]).startswith("unknown_service"):
        return stated.merge(Resource({SERVICE_NAME: "genops"}))
    return stated


@cache
def _scope() -> InstrumentationScope:
    from importlib.metadata import version

    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    return InstrumentationScope("genops", version("genops"))


def _context(trace_id: str, span_id: str, *, is_remote: bool = False) -> SpanContext:
    from opentelemetry.trace import SpanContext, TraceFlags

    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote, TraceFlags(TraceFlags.SAMPLED))


def _end(run: RunRecord, span: SpanRecord) -> int:
    return span.ended or max(run.ended or 0, span.started)


def _status(span: SpanRecord, capture_content: bool) -> Status:
    from opentelemetry.trace import Status, StatusCode

    if span.status == "error":
        error = span.error or {}
        return Status(StatusCode.ERROR, _text(str(error.get("message" if capture_content else "type", ""))))
    return Status(StatusCode.OK if span.status == "ok" else StatusCode.UNSET)


def _attributes(run: RunRecord, span: SpanRecord, payload: PayloadLookup, capture_content: bool) -> dict[str, Any]:
    attributes = {**span.attributes, **telemetry.openinference_attributes(span.kind, span.attributes)}
    attributes.pop(telemetry.ATTEMPTS, None)  # they are events
    attributes |= {telemetry.RUN_ID: run.id, telemetry.KIND: span.kind, telemetry.PATH: span.path}
    if span.status not in ("ok", "error"):
        attributes[telemetry.STATUS] = span.status
    if capture_content:
        attributes |= _content(span, payload)
    else:
        attributes = {name: value for name, value in attributes.items() if name not in _CONTENT}
    return {_text(name): _attribute(value) for name, value in attributes.items() if value is not None}


def _content(span: SpanRecord, payload: PayloadLookup) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for side, digest in (("input", span.input), ("output", span.output)):
        known, value = _decoded(digest, payload)
        if known:
            plain = isinstance(value, str)
            content[f"{side}.value"] = value if plain else _json(value)
            content[f"{side}.mime_type"] = "text/plain" if plain else "application/json"
            content |= _conventional(span, side, value)
    if span.patch:
        content[telemetry.PATCH] = _json(span.patch)
    return content


def _conventional(span: SpanRecord, side: str, value: Value) -> dict[str, Any]:
    """The same content under the names of the GenAI conventions, where they have one."""
    if span.kind == "model":
        messages = input_messages(value) if side == "input" else output_messages(value)
        return {f"gen_ai.{side}.messages": _json(messages)} if messages else {}
    if span.kind == "tool" and side == "input":
        arguments = value.get("arguments", value) if isinstance(value, dict) else value
        return {"gen_ai.tool.call.arguments": _json(arguments)}
    if span.kind == "tool":
        return {"gen_ai.tool.call.result": _json(value)}
    if span.kind == "retrieve" and side == "input" and isinstance(value, dict) and "query" in value:
        return {"gen_ai.retrieval.query.text": str(value["query"])}
    return {}


def _events(run: RunRecord, span: SpanRecord, capture_content: bool) -> Iterator[Event]:
    from opentelemetry.sdk.trace import Event

    def event(name: str, about: Mapping[str, Any], at: int) -> Event:
        if not capture_content:
            about = {key: value for key, value in about.items() if key != "exception.message"}
        return Event(name, {key: _attribute(value) for key, value in about.items() if value is not None}, at)

    for attempt in _attempts(span):
        about = {"exception.type": attempt.get("type", attempt.get("error"))}
        about["exception.message"] = attempt.get("message")
        yield event("genops.attempt", {**about, "genops.retry.delay": attempt.get("delay")}, span.started)
    if span.error:
        about = {"exception.type": span.error.get("type"), "exception.message": span.error.get("message")}
        yield event("exception", about, _end(run, span))


def _attempts(span: SpanRecord) -> list[Mapping[str, Any]]:
    """The failed attempts before the last one: those of a step, of an answered model call, or of one that failed."""
    attempts = span.attributes.get(telemetry.ATTEMPTS) or (span.error or {}).get("attempts") or []
    return [attempt for attempt in attempts if isinstance(attempt, dict)] if isinstance(attempts, list) else []


def _decoded(digest: str | None, payload: PayloadLookup) -> tuple[bool, Value]:
    data = payload(digest) if digest else None
    return (False, None) if data is None else (True, decode(data))


def _attribute(value: Any) -> Any:
    """A value that protobuf can hold as an attribute."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if value in _INT64 else str(value)
    if isinstance(value, list | tuple) and all(isinstance(item, str | bool | int | float) for item in value):
        return [_attribute(item) for item in value]
    return _text(_json(value))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda other: f"({len(other)} bytes)")


def _text(text: str) -> str:
    """Well-formed text within the limit."""
    return well_formed(text[: _length_limit()])


def _length_limit() -> int:
    for name in ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"):
        stated = os.environ.get(name, "").strip()
        if stated.isdecimal():
            return int(stated)
    return _DEFAULT_LENGTH_LIMIT
