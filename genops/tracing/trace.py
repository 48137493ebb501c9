"""Reads a trace: its spans as a tree, its payloads, and its state at any moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from genops.artifacts import Value, decode
from genops.errors import StoreError, Unfinished
from genops.store.records.runs import RunRecord, SpanRecord

if TYPE_CHECKING:
    from genops.store import Store

_INSIDE = ("/", "[", "#", "|")
"""What follows a step's position in those of what is inside of it: steps, items, attempts, fallbacks."""


@dataclass
class Trace:
    """The record of one run.

    Attributes:
        run: The run.
        spans: In the order in which they started.
        store: Holds the payloads.
        origins: Of a :meth:`whole` trace, those of the earlier runs whose spans are in it, by the run's id.
    """

    run: RunRecord
    spans: list[SpanRecord]
    store: Store = field(repr=False)
    origins: Mapping[str, Trace] = field(default_factory=dict, repr=False)
    _fetched: dict[str, bytes] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def load(cls, store: Store, run: str) -> Trace:
        """The trace of a run, by its id or the beginning of it.

        Raises:
            ReferenceNotFound: No run, or more than one, begins so.
        """
        record = store.run(run)
        return cls(record, store.spans(record.id), store)

    @cached_property
    def by_path(self) -> dict[str, SpanRecord]:
        """Spans by position."""
        return {span.path: span for span in self.spans}

    @cached_property
    def _children(self) -> dict[int | None, list[SpanRecord]]:
        children: dict[int | None, list[SpanRecord]] = {}
        for span in self.spans:
            children.setdefault(span.parent, []).append(span)
        return children

    def children(self, span: SpanRecord | None) -> list[SpanRecord]:
        """The spans directly below one, or the root for None."""
        return self._children.get(span.number if span is not None else None, [])

    def walk(self) -> Iterator[tuple[int, SpanRecord]]:
        """Every span with its depth, parents before children."""
        stack = [(0, span) for span in reversed(self.children(None))]
        while stack:
            depth, span = stack.pop()
            yield depth, span
            stack.extend((depth + 1, child) for child in reversed(self.children(span)))

    def fetch(self, digests: Iterable[str]) -> None:
        """Reads many payloads in one go, for :meth:`value` to find."""
        self._fetched.update(self.store.payloads(digests))

    def value(self, digest: str | None) -> Value:
        """A payload's value; None for no payload.

        Raises:
            StoreError: The payload is gone or damaged.
        """
        if digest is None:
            return None
        data = self._fetched.get(digest) or self.store.payload(digest)
        if data is None:
            raise StoreError(f"payload {digest[:12]} is not in the store", hint="it was pruned, or never written")
        try:
            return decode(data)
        except ValueError as error:
            raise StoreError(f"payload {digest[:12]} is damaged: {error}") from None

    def require_complete(self, purpose: str) -> None:
        """Refuses what cannot be relied on.

        Raises:
            Unfinished: Records were dropped, or the run has not ended.
        """
        if self.run.dropped:
            raise Unfinished(
                f"trace {self.run.id[:12]} is incomplete ({self.run.dropped:,} records were dropped): no {purpose}"
            )
        if self.run.status not in ("ok", "error"):
            raise Unfinished(f"run {self.run.id[:12]} is {self.run.status}, not ended: no {purpose}")

    def whole(self) -> Trace:
        """The trace with the spans of earlier runs below the steps whose results were reused from them.

        Raises:
            ReferenceNotFound: An earlier run is no longer stored.
        """
        spans = list(self.spans)
        origins: dict[str, Trace] = {}
        for span in self.spans:
            run, path = span.attributes.get("genops.memo.run"), span.attributes.get("genops.memo.path")
            if run is None or path is None:
                continue
            if run not in origins:
                origins[run] = Trace.load(self.store, run).whole()
            spans += _grafted(origins[run], path, span, first=len(spans) + 1)
        return Trace(self.run, spans, self.store, origins)

    def changes(self, scope: SpanRecord) -> list[dict[str, Any]]:
        """The state changes inside a scope in the order in which they came, as JSON Patch (RFC 6902)."""
        ended = [span for span in self.children(scope) if span.patch]
        ended.sort(key=lambda span: (span.ended or 0, span.number))
        operations = [operation for span in ended for operation in span.patch or []]
        if scope.number == 1:
            operations.extend(scope.patch or [])
        return [self._with_value(operation) for operation in operations]

    def initial_state(self, scope: SpanRecord) -> dict[str, Value]:
        """What a scope began with."""
        given = self.value(scope.input)
        if scope.number == 1:
            return {"inputs": given, "steps": {}}
        if scope.kind == "scope" and isinstance(given, dict):
            return {**given, "steps": {}}
        return {}

    def state(self, scope: SpanRecord) -> Value:
        """What a scope ended with: its initial state with every change applied."""
        import jsonpatch

        state: Value = jsonpatch.apply_patch(self.initial_state(scope), self.changes(scope))
        return state

    def _with_value(self, operation: dict[str, Any]) -> dict[str, Any]:
        return {**operation, "value": self._filled(operation["value"])} if "value" in operation else operation

    def _filled(self, value: Any) -> Any:
        """A patch value with its payloads in their places."""
        if isinstance(value, dict):
            if set(value) == {"$payload"}:
                return self.value(value["$payload"])
            return {key: self._filled(item) for key, item in value.items()}
        return value


def _grafted(origin: Trace, path: str, onto: SpanRecord, first: int) -> Iterator[SpanRecord]:
    """The spans below a position of one trace as they are below a span of another, numbered from ``first``."""
    top = origin.by_path[path]
    numbers = {top.number: onto.number}
    below = [span for span in origin.spans if span.path.startswith(path) and span.path[len(path) :][:1] in _INSIDE]
    for number, span in enumerate(below, start=first):
        numbers[span.number] = number
    for span in below:
        parent = numbers.get(span.parent) if span.parent is not None else None
        moved = onto.path + span.path[len(path) :]
        yield replace(span, run=onto.run, number=numbers[span.number], parent=parent, path=moved)
