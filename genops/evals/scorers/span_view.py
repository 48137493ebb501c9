"""A span as expressions over a trace read it."""

from __future__ import annotations

from typing import Any

from genops.artifacts import Value
from genops.store.records.runs import SpanRecord
from genops.tracing.trace import Trace


class SpanView:
    """One span of a trace; its payloads are read when they are asked for.

    Args:
        trace: Has the payloads.
        span: The record.

    Attributes:
        path: Position in the run.
        name: Of the step, tool, index or model alias.
        kind: ``step``, ``agent``, ``scope``, ``model``, ``tool``, ``retrieve``, ``http``, …
        status: ``ok``, ``error``, ``skipped``, ``cancelled``.
        seconds: How long it took; 0 where that is not known.
        error: ``{"type", "message", …}`` of its failure; None without.
        attributes: By their OpenTelemetry names.
    """

    def __init__(self, trace: Trace, span: SpanRecord) -> None:
        self._trace = trace
        self._span = span
        self.path = span.path
        self.name = span.name
        self.kind = span.kind
        self.status = span.status
        self.seconds = 0.0 if span.ended is None else (span.ended - span.started) / 1e9
        self.error: dict[str, Any] | None = span.error
        self.attributes: dict[str, Any] = span.attributes

    @property
    def input(self) -> Value:
        """What it was given."""
        return self._trace.value(self._span.input)

    @property
    def output(self) -> Value:
        """What it gave; None where it gave nothing."""
        return self._trace.value(self._span.output)
