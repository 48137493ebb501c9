"""A trace as OTLP JSON, for ``genops trace export --format otlp`` and whatever reads OTLP files."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from genops.store.records.runs import RunRecord, SpanRecord
from genops.tracing.otel_spans import PayloadLookup, otel_spans

_IDS = ("traceId", "spanId", "parentSpanId")


def otlp_json(
    run: RunRecord, spans: Sequence[SpanRecord], payload: PayloadLookup, *, capture_content: bool = True
) -> dict[str, Any]:
    """An ``ExportTraceServiceRequest`` in OTLP's JSON encoding: hexadecimal ids, enums as numbers, 64-bit as text.

    See "JSON Protobuf Encoding" in the OTLP specification (opentelemetry.io/docs/specs/otlp).
    """
    from google.protobuf.json_format import MessageToDict
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans

    request = encode_spans(list(otel_spans(run, spans, payload, capture_content=capture_content)))
    encoded: dict[str, Any] = MessageToDict(request, use_integers_for_enums=True)
    for resource in encoded.get("resourceSpans", []):
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for holder in (span, *span.get("links", [])):
                    for name in _IDS:
                        if name in holder:
                            holder[name] = base64.b64decode(holder[name]).hex()
    return encoded
