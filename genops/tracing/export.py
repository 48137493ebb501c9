"""Export of finished runs over OTLP/HTTP, in the background: it never slows a run and never fails one."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from genops.store.records.runs import RunRecord, SpanRecord
from genops.tracing.otel_spans import PayloadLookup, otel_spans

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter

_log = logging.getLogger(__name__)

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "http/protobuf"
_SILENT = logging.NullHandler()  # what the exporter logs is counted here, and not shown
_MAX_WAITING = 20_000
_REQUEST_SPANS = 512
_REQUEST_CHARACTERS = 4_000_000

_Run = tuple[RunRecord, Sequence[SpanRecord], PayloadLookup]


def export_endpoint(environ: Mapping[str, str] = os.environ) -> str | None:
    """Where the standard ``OTEL_*`` variables send spans; None when they name no endpoint or forbid it."""
    forbidden = (
        environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
        or environ.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none"
    )
    return None if forbidden else _first(_ENDPOINTS, environ)[1]


def unsupported_protocol(environ: Mapping[str, str] = os.environ) -> str | None:
    """What to change about the protocol that the variables ask for; None when it is the one that genops speaks."""
    name, protocol = _first(_PROTOCOLS, environ)
    if protocol is None or protocol.lower() == _PROTOCOL:
        return None
    return (
        f"{name}={protocol} is not supported; set it to {_PROTOCOL}, and the endpoint to the collector's address for "
        "OTLP/HTTP (port 4318 by default; 4317 is for grpc)"
    )


def _first(names: Sequence[str], environ: Mapping[str, str]) -> tuple[str, str | None]:
    """The first variable that is set, and its value; what is blank counts as not set."""
    return next(((name, value) for name in names if (value := environ.get(name, "").strip())), ("", None))


class SpanExport:
    """Hands finished runs to the OpenTelemetry SDK's OTLP/HTTP exporter, on a thread of its own.

    The standard variables hold: endpoint, headers, timeout, compression, certificates, service name and resource
    attributes. At most 20,000 spans wait, or one run if it has more; what does not fit, or is refused, is dropped and
    counted, with one warning.

    Args:
        capture_content: Whether inputs, outputs, messages, tool arguments and error messages go along.

    Attributes:
        exported: Spans that the endpoint took.
        dropped: Spans that it will never see.
    """

    def __init__(self, *, capture_content: bool = True) -> None:
        self.exported = 0
        self.dropped = 0
        self._capture_content = capture_content
        self._runs: deque[_Run] = deque()
        self._waiting = 0  # spans, those under way included
        self._changed = threading.Condition()
        self._closed = False
        self._exporter: SpanExporter | None = None
        self._thread: threading.Thread | None = None
        self._warned = False
        self._in_trouble = False
        self._listener = _Listener(self._hear_of_trouble)
        for handler in (_SILENT, self._listener):
            logging.getLogger("opentelemetry").addHandler(handler)

    @classmethod
    def from_environment(
        cls, *, capture_content: bool = True, environ: Mapping[str, str] = os.environ
    ) -> SpanExport | None:
        """The export that the standard ``OTEL_*`` variables ask for; None when they name no endpoint or forbid it.

        Also None, with a warning, when they ask for a protocol other than ``http/protobuf``.
        """
        if export_endpoint(environ) is None:
            return None
        problem = unsupported_protocol(environ)
        if problem is not None:
            _log.warning(f"spans are not exported: {problem}")
            return None
        return cls(capture_content=capture_content)

    def export(self, run: RunRecord, spans: Sequence[SpanRecord], payload: PayloadLookup) -> None:
        """Takes a finished run; returns at once.

        Args:
            run: The run.
            spans: Its spans, which do not change any more.
            payload: The bytes of a payload by digest; called on the export's thread.
        """
        with self._changed:
            if self._closed or (self._waiting and self._waiting + len(spans) > _MAX_WAITING):
                self.dropped += len(spans)
                return
            self._runs.append((run, spans, payload))
            self._waiting += len(spans)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="genops-export", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, timeout: float = 10.0) -> bool:
        """Waits until everything taken so far is exported or dropped.

        Returns:
            False when ``timeout`` seconds were not enough.
        """
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting == 0, timeout)

    def close(self, timeout: float = 10.0) -> None:
        """Flushes, then ends; what is left after ``timeout`` seconds is dropped.

        An endpoint that is not reached, or asks to be tried again later, is not waited for.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting == 0 or self._in_trouble, timeout)
            self._closed = True
            if self._waiting:
                self._warn("the OTLP endpoint did not take spans; they are dropped and counted")
            self.dropped += self._waiting
            self._waiting = 0
            self._runs.clear()
            self._changed.notify_all()
        if self._exporter is not None:
            self._exporter.shutdown()
        logging.getLogger("opentelemetry").removeHandler(self._listener)

    def _hear_of_trouble(self) -> None:
        with self._changed:
            self._in_trouble = True
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._runs or self._closed)
                if self._closed:
                    return
                runs = self._take()
            taken = sum(len(spans) for _, spans, _ in runs)
            accepted = self._send(runs)
            with self._changed:
                if self._closed:  # they were counted as dropped
                    return
                self.exported += accepted
                self.dropped += taken - accepted
                self._waiting -= taken
                self._in_trouble = accepted < taken
                self._changed.notify_all()

    def _take(self) -> list[_Run]:
        """Whole runs, at least one, up to a request's worth of spans."""
        runs: list[_Run] = []
        count = 0
        while self._runs and (not runs or count + len(self._runs[0][1]) <= _REQUEST_SPANS):
            runs.append(self._runs.popleft())
            count += len(runs[-1][1])
        return runs

    def _send(self, runs: Sequence[_Run]) -> int:
        """Exports runs, in as many requests as their size asks for; gives the number of spans that were accepted."""
        from opentelemetry.sdk.trace.export import SpanExportResult

        accepted = 0
        try:
            if self._exporter is None:
                self._exporter = _exporter()
            spans = (span for run in runs for span in otel_spans(*run, capture_content=self._capture_content))
            for request in _requests(spans):
                if self._exporter.export(request) is SpanExportResult.SUCCESS:
                    accepted += len(request)
                else:
                    self._warn("the OTLP endpoint did not take spans; they are dropped and counted")
        except Exception as error:
            self._warn(f"spans could not be exported: {type(error).__name__}: {error}")
        return accepted

    def _warn(self, message: str) -> None:
        _log.log(logging.DEBUG if self._warned else logging.WARNING, message)
        self._warned = True


class _Listener(logging.Handler):
    """Hears, through the exporter's log, that it has failed and waits to try again; it says so in no other way."""

    def __init__(self, heard: Callable[[], None]) -> None:
        super().__init__(logging.WARNING)
        self._heard = heard

    def emit(self, record: logging.LogRecord) -> None:
        """Passes on that there was a warning."""
        self._heard()


def _requests(spans: Iterable[ReadableSpan]) -> Iterator[list[ReadableSpan]]:
    """Spans in pieces that a collector accepts: bounded in number and in characters."""
    piece: list[ReadableSpan] = []
    size = 0
    for span in spans:
        length = sum(len(value) for value in (span.attributes or {}).values() if isinstance(value, str))
        if piece and (len(piece) == _REQUEST_SPANS or size + length > _REQUEST_CHARACTERS):
            yield piece
            piece, size = [], 0
        piece.append(span)
        size += length
    if piece:
        yield piece


def _exporter() -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter()
