"""Spans of the engines in the traces of the runs that they worked for.

vLLM sends a span of every request over OTLP, some seconds after it. The supervisor of its server takes them in (with
``traces = "genops"``), and puts each below the model call whose ``traceparent`` the request carried.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from genops.errors import StoreError
from genops.models.types import ENGINE_FIGURES
from genops.settings import Settings
from genops.store import Store
from genops.store.records.serving import EngineSpan
from genops.tracing.redaction import Redactor, secret_values
from genops.tracing.telemetry import ENGINE

if TYPE_CHECKING:
    from opentelemetry.proto.common.v1.common_pb2 import AnyValue
    from opentelemetry.proto.trace.v1.trace_pb2 import Span

OURS = "genops"
"""What the setting ``traces`` says for spans that come here."""

_MOST_BYTES = 16 * 1024 * 1024
_MOST_WAITING = 10_000
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0
_GIVEN_UP = 3_600.0

_FIGURES = dict(
    zip(
        ENGINE_FIGURES,
        (
            "gen_ai.latency.time_in_queue",
            "gen_ai.latency.time_in_model_prefill",
            "gen_ai.latency.time_in_model_decode",
            "gen_ai.latency.time_to_first_token",
        ),
        strict=True,
    )
)


@dataclass(slots=True)
class _Waiting:
    """A span whose run has not been written or has not ended."""

    span: EngineSpan
    due: float
    wait: float
    until: float


class SpanReceiver:
    """Takes OTLP over HTTP on a free port of 127.0.0.1, from who shows its key, which only its engines are given.

    Args:
        settings: Of the project, for its redaction.
        store: With the traces.

    Attributes:
        dropped: Spans that were given up, for want of room or of a run that they belong to.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self.dropped = 0
        self._redactor = Redactor(settings.redaction, secret_values(settings.key_variables))
        self._store = store
        self._key = secrets.token_urlsafe(24)
        self._waiting: deque[_Waiting] = deque()
        self._runner: web.AppRunner | None = None
        self._joining: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where engines send their spans, once it has started."""
        assert self._runner is not None
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1/traces"

    @property
    def environment(self) -> dict[str, str]:
        """Variables with which an engine sends them here; the key is on no command line."""
        return {
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": f"x-genops-key={self._key}",
        }

    async def start(self) -> None:
        """Listens."""
        app = web.Application(client_max_size=_MOST_BYTES)
        app.router.add_post("/v1/traces", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._joining = asyncio.create_task(self._join_for_ever())

    async def close(self) -> None:
        """Ends it; what is waited for has one more chance."""
        if self._joining is not None:
            self._joining.cancel()
            with suppress(asyncio.CancelledError):
                await self._joining
        if self._runner is not None:
            await self._runner.cleanup()
        await self.join(float("inf"))

    async def join(self, now: float) -> None:
        """Writes what is due.

        Args:
            now: Seconds, monotonic.
        """
        due = [one for one in self._waiting if one.due <= now]
        if not due:
            return
        try:
            left = await asyncio.to_thread(self._store.join_engine_spans, [one.span for one in due])
        except StoreError:
            left = [one.span for one in due]  # tried again like those whose run has not ended
        still = {one.span_id for one in left}
        done = {one.span.span_id for one in due} - still
        kept: deque[_Waiting] = deque()
        for one in self._waiting:
            if one.span.span_id in done:
                continue
            if one.due <= now:
                if one.until <= now:
                    self.dropped += 1
                    continue
                one.wait = min(2 * one.wait, _LONGEST_WAIT)
                one.due = now + one.wait
            kept.append(one)
        self._waiting = kept

    async def _join_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_FIRST_WAIT)
            await self.join(time.monotonic())

    async def _take(self, request: web.Request) -> web.Response:
        from google.protobuf.message import DecodeError
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceRequest,
            ExportTraceServiceResponse,
        )

        if request.headers.get("x-genops-key") != self._key:
            return web.Response(status=401)
        try:
            sent = ExportTraceServiceRequest.FromString(await request.read())
        except DecodeError:
            return web.Response(status=400, text="not OTLP in protobuf")
        now = time.monotonic()
        for span in _spans(sent):
            if len(self._waiting) >= _MOST_WAITING:
                self._waiting.popleft()
                self.dropped += 1
            self._waiting.append(_Waiting(self._made(span), now, _FIRST_WAIT, now + _GIVEN_UP))
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")

    def _made(self, span: Span) -> EngineSpan:
        attributes = _plain(span.attributes)
        figures = {ENGINE + ours: attributes[theirs] for ours, theirs in _FIGURES.items() if theirs in attributes}
        shown = self._redactor.session().value(attributes)
        return EngineSpan(
            trace_id=span.trace_id.hex(),
            parent=span.parent_span_id.hex(),
            span_id=span.span_id.hex(),
            name=span.name,
            started=span.start_time_unix_nano,
            ended=span.end_time_unix_nano,
            attributes=shown if isinstance(shown, dict) else {},
            figures={name: value for name, value in figures.items() if isinstance(value, float) and value >= 0},
        )


def _spans(sent: Any) -> Iterator[Span]:
    """Those that have a parent: an engine's own, of its start, are of no run."""
    for resource in sent.resource_spans:
        for scope in resource.scope_spans:
            yield from (span for span in scope.spans if span.parent_span_id)


def _plain(attributes: Any) -> dict[str, Any]:
    return {one.key: _value(one.value) for one in attributes}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _plain(value.kvlist_value.values)
    if kind == "bytes_value":
        return value.bytes_value.hex()
    return getattr(value, kind) if kind else None
