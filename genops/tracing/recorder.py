"""Writes one run: its record, its spans and their payloads, redacted before anything leaves this module."""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import orjson

from genops.artifacts import Payload, Value, encode, normalise
from genops.errors import GenopsError, StepError
from genops.store.records.runs import RunRecord, SpanKind, SpanRecord, Status

TEXT_LIMIT = 4_000
_PAUSE = 0.01
_REMEMBERED = 64
_OUTSIDE = frozenset({"model", "tool", "retrieve", "http", "function"})
_NOTHING = encode(None)

_ids = random.Random()
os.register_at_fork(after_in_child=_ids.seed)


def new_id(bits: int) -> str:
    """A random id of that many bits, in hexadecimal."""
    return f"{_ids.getrandbits(bits) or 1:0{bits // 4}x}"


class Sink(Protocol):
    """Where records go: the store's writer."""

    @property
    def is_crowded(self) -> bool:
        """Whether records come faster than they can be kept, so that who makes them should wait."""
        ...

    def payload(self, payload: Payload) -> None:
        """Keeps a payload."""
        ...

    def run(self, run: RunRecord) -> None:
        """Keeps the current state of a run; called again when it changes."""
        ...

    def span(self, span: SpanRecord) -> None:
        """Keeps the current state of a span; called again when it ends."""
        ...


class Redact(Protocol):
    """The redaction of one run (:class:`genops.tracing.redaction.RedactionSession`)."""

    def value(self, value: Value) -> Value:
        """The same object when there is nothing to redact, else a redacted copy."""
        ...

    def ruled_out(self, encoded: bytes) -> bool:
        """Whether a value's JSON tells that :meth:`value` would change nothing."""
        ...

    def ruled_out_mapping(self, mapping: Mapping[str, Value]) -> bool:
        """The same of a mapping; raises ``orjson.JSONEncodeError`` where it has no JSON."""
        ...


OnFinish = Callable[[RunRecord, list[SpanRecord], Callable[[str], bytes | None]], None]


class Recorder:
    """The record of one run while it is made. May be used from several threads: sync functions run in theirs.

    Args:
        run: Its record; written at once.
        sink: Where records go.
        redact: The run's redaction.
        payload_limit: Bytes that one payload may have.
        on_finish: Each called with the finished run, its spans and a payload lookup: the export, a scorer of traces.
        parent_span: Span id of a joined ``traceparent``.

    Attributes:
        run: The record.
        redacted: Digests of payloads that were changed by redaction; they never serve a memo hit.
    """

    def __init__(
        self,
        run: RunRecord,
        sink: Sink,
        redact: Redact,
        *,
        payload_limit: int = 1 << 25,
        on_finish: Sequence[OnFinish] = (),
        parent_span: str | None = None,
    ) -> None:
        self.run = run
        self.redacted: set[str] = set()
        self.parent_span = parent_span
        self._sink = sink
        self._redact = redact
        self._limit = payload_limit
        self._on_finish = on_finish
        self._kept: list[SpanRecord] = []
        self._given: set[str] = set()
        self._payloads: dict[str, bytes] = {}
        self._paths: dict[str, int] = {}
        self._lock = threading.Lock()
        self._inputs_text = ""
        self._last: tuple[Value, Value, Payload] = (None, None, _NOTHING)
        self._offset = run.started - time.perf_counter_ns()
        run.session, run.user = self._label(run.session), self._label(run.user)
        run.tags = [self.text(tag) for tag in run.tags]
        sink.run(run)

    def _label(self, label: str | None) -> str | None:
        return None if label is None else self.text(label)

    @property
    def is_crowded(self) -> bool:
        """Whether records come faster than they can be kept; a store that fails is not waited for."""
        return self._sink.is_crowded

    async def room(self) -> None:
        """Waits while it is crowded."""
        while self.is_crowded:  # noqa: ASYNC110 -- it is a thread that makes room, and it has no loop
            await asyncio.sleep(_PAUSE)

    def now(self) -> int:
        """Nanoseconds since the epoch, never going back within the run."""
        return self._offset + time.perf_counter_ns()

    def keep(self, value: Value) -> str:
        """Stores a value, redacted, and gives its payload's digest.

        Raises:
            StepError: It is larger than one payload may be.
        """
        return self._keep(value)[1]

    def _keep(self, value: Value) -> tuple[Value, str]:
        shown, payload = self._shown(value)
        if len(payload.data) > self._limit:
            raise StepError(
                f"a value of {len(payload.data):,} bytes is larger than limits.payload_bytes = {self._limit:,}",
                hint="pass a reference to large data instead of the data, or raise the limit in the settings",
            )
        if shown is not value:
            self.redacted.add(payload.digest)
        if payload.digest not in self._given:
            if self._on_finish:
                self._payloads[payload.digest] = payload.data
            self._sink.payload(payload)
            if len(self._given) < _REMEMBERED:  # only now: another thread's record may name it at once
                self._given.add(payload.digest)
        return shown, payload.digest

    def text(self, text: str) -> str:
        """A text, redacted."""
        try:
            if self._redact.ruled_out(orjson.dumps(text)):
                return text
        except orjson.JSONEncodeError:
            pass  # a lone surrogate
        return str(self._redact.value(text))

    def start(
        self,
        kind: SpanKind,
        name: str,
        path: str,
        parent: SpanRecord | None,
        *,
        input: str | None = None,
        attributes: dict[str, Any] | None = None,
    ) -> SpanRecord:
        """Opens a span; it is written as unfinished."""
        run = self.run
        with self._lock:
            run.spans = number = run.spans + 1
        span = SpanRecord(
            run=run.id,
            number=number,
            parent=parent.number if parent is not None else None,
            span_id=new_id(64),
            path=path,
            kind=kind,
            name=name,
            started=self.now(),
            input=input,
            attributes=self._described(kind, attributes) if attributes else {},
        )
        self._sink.span(span)
        if self._on_finish:
            self._kept.append(span)
        return span

    def end(self, span: SpanRecord, status: Status = "ok", output: str | None = None) -> None:
        """Closes a span."""
        span.ended = self.now()
        span.status = status
        span.attributes = self._described(span.kind, span.attributes)
        span.output = output
        self._sink.span(span)

    def _described(self, kind: SpanKind, attributes: dict[str, Any]) -> dict[str, Any]:
        """The attributes, redacted. Those of other kinds are names from definitions and errors redacted before."""
        if kind not in _OUTSIDE:
            return attributes
        try:
            if self._redact.ruled_out_mapping(attributes):
                return attributes
        except orjson.JSONEncodeError:
            pass  # a lone surrogate: looked at text by text
        return self._redact.value(attributes)  # type: ignore[return-value]

    def _shown(self, value: Value) -> tuple[Value, Payload]:
        """The redacted value and its payload; the value itself when there was nothing to redact."""
        last = self._last
        if value is last[0] and isinstance(value, str):  # a step's text is often the chain's output too
            return last[1], last[2]
        shown, payload = value, encode(value)
        if payload.data[:1] != b"j" or not self._redact.ruled_out(payload.data[1:]):
            shown = self._redact.value(value)
            payload = payload if shown is value else encode(shown)
        self._last = (value, shown, payload)
        return shown, payload

    def fail(self, span: SpanRecord, error: BaseException) -> None:
        """Closes a span that failed, or was cancelled."""
        if not isinstance(error, Exception):
            self.end(span, "cancelled")
            return
        span.error = self.error(error)
        span.attributes.setdefault("error.type", span.error["type"])
        self.end(span, "error")

    def error(self, error: BaseException) -> dict[str, Any]:
        """An error as it is recorded."""
        shown, _ = self._shown(normalise(describe(error)))
        assert isinstance(shown, dict)
        return shown

    def unique(self, path: str) -> str:
        """The path, or with ``[n]`` after it when the run has it already."""
        with self._lock:
            seen = self._paths.get(path, 0)
            self._paths[path] = seen + 1
        return f"{path}[{seen}]" if seen else path

    def finish(self, status: Status, output: Value = None, error: BaseException | None = None) -> None:
        """Closes the run."""
        run = self.run
        run.ended = self.now()
        run.status = status
        found = self._inputs_text
        if status == "ok":
            shown, run.output = self._keep(output)
            found = f"{found}\n{_flat_text(shown)}"
        if error is not None:
            run.error = self.error(error)
            found = f"{found}\n{_flat_text(run.error['message'])}"
        run.text = found.strip()
        self._sink.run(run)
        for told in self._on_finish:
            told(run, self._kept, self._payloads.get)

    def set_inputs(self, inputs: Value) -> None:
        """Records what the run was given."""
        shown, self.run.inputs = self._keep(inputs)
        self._inputs_text = _flat_text(shown)
        self._sink.run(self.run)


def describe(error: BaseException) -> dict[str, Any]:
    """An error as plain data: type, message, and what replay and retries need to know of it."""
    if isinstance(error, GenopsError):
        about: dict[str, Any] = {"type": type(error).__name__, "message": error.message}
        if error.at is not None:
            about["at"] = str(error.at)
        for name in ("hint", "path", "status", "retry_after", "attempts"):
            value = getattr(error, name, None)
            if value:
                about[name] = value
        return about
    return {"type": type(error).__name__, "message": str(error) or type(error).__name__}


def _flat_text(value: Value) -> str:
    """The texts in a value, one a line, cut to a bound, with what a database's text search cannot hold replaced."""
    parts: list[str] = []
    left = TEXT_LIMIT
    stack: list[Value] = [value]
    while stack and left > 0:
        item = stack.pop()
        if isinstance(item, str):
            parts.append(item[:left])
            left -= len(item)
        elif isinstance(item, dict):
            stack.extend(reversed(item.values()))
        elif isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, (int, float)) and not isinstance(item, bool):
            parts.append(str(item))
            left -= 8
    text = "\n".join(parts)
    if not text.isascii():
        text = text.encode("utf-8", errors="replace").decode("utf-8")
    return text.replace("\x00", " ")
