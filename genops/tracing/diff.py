"""Compares two traces: the first step that differs, how, and what caused it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from genops.artifacts import Lock, LockEntry
from genops.errors import StoreError
from genops.store.records.runs import SpanRecord
from genops.tracing import telemetry
from genops.tracing.quantities import counted
from genops.tracing.readable import value_text
from genops.tracing.trace import Trace
from genops.tracing.view import label

_DIGESTS = (telemetry.COMPONENT_DIGEST, telemetry.EXAMPLES_DIGEST, telemetry.INDEX_SNAPSHOT)
_SIDES = ("input", "status", "output", "error")
_EFFECTS = ("model", "tool", "retrieve", "http", "clock")
_LINE_LIMIT = 20_000

Pair = tuple[SpanRecord | None, SpanRecord | None]


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """A component that is not the same in the two locks.

    Attributes:
        kind: What it is.
        name: Its name.
        before: Its entry in the first lock; None when it was added.
        after: Its entry in the second; None when it was removed.
    """

    kind: str
    name: str
    before: LockEntry | None
    after: LockEntry | None

    def __str__(self) -> str:
        if self.before is None and self.after is not None:
            return f"{self.kind} {self.name}: added ({self.after.digest[:12]})"
        if self.after is None and self.before is not None:
            return f"{self.kind} {self.name}: removed ({self.before.digest[:12]})"
        assert self.before is not None
        assert self.after is not None
        if self.before.digest != self.after.digest:
            return f"{self.kind} {self.name}: {self.before.digest[:12]} -> {self.after.digest[:12]}"
        return f"{self.kind} {self.name}: uses {_uses(self.before)} -> {_uses(self.after)}"


@dataclass(frozen=True, slots=True)
class Difference:
    """A position at which the two traces are not the same.

    Attributes:
        path: The position; empty for the run as a whole.
        label: What stands there.
        what: What differs, in the order in which it comes about: ``input``, ``status``, ``output``, ``error``; or
            ``missing`` (only the first trace has the position) or ``extra`` (only the second).
        cause: Whether it came up here: the same input gave something else, and nothing inside of it explains that.
        explanation: Why, in one sentence.
        components: Changed components that are used at this position.
        before: The first trace's span.
        after: The second trace's span.
    """

    path: str
    label: str
    what: tuple[str, ...]
    cause: bool
    explanation: str
    components: tuple[ComponentChange, ...]
    before: SpanRecord | None
    after: SpanRecord | None


@dataclass(frozen=True, slots=True)
class Deltas:
    """What the second run took more (or, negative, less) than the first.

    Attributes:
        seconds: None when one of them has not ended.
        cost: US dollars; None when one is unknown.
    """

    seconds: float | None
    input_tokens: int
    output_tokens: int
    cost: float | None
    model_calls: int


@dataclass(frozen=True)
class TraceDiff:
    """The differences of two traces.

    Attributes:
        a: The first trace.
        b: The second.
        differences: Every position that differs; a cause stands before what follows from it.
        lock: Components that differ between the locks.
        deltas: Time, tokens and cost.
    """

    a: Trace
    b: Trace
    differences: tuple[Difference, ...]
    lock: tuple[ComponentChange, ...]
    deltas: Deltas

    @property
    def identical(self) -> bool:
        """Whether every position has the same input, status and output in both."""
        return not self.differences

    @property
    def first(self) -> Difference | None:
        """The first difference in run order."""
        return next(iter(self.differences), None)

    @cached_property
    def causes(self) -> tuple[Difference, ...]:
        """The differences that came up where they stand; all others follow from them."""
        return tuple(found for found in self.differences if found.cause)

    def input_diff(self, found: Difference) -> str:
        """The change of the input as a unified diff; empty when there is none."""
        return self._diff(found, "input")

    def output_diff(self, found: Difference) -> str:
        """The change of the output, or from output to error, as a unified diff; empty when there is none."""
        return self._diff(found, "output")

    def _diff(self, found: Difference, side: str) -> str:
        before, after = _side(self.a, found.before, side), _side(self.b, found.after, side)
        return text_diff(before, after, self.a.run.id[:8], self.b.run.id[:8])


def diff_traces(a: Trace, b: Trace) -> TraceDiff:
    """Compares two traces, position by position."""
    locks = _lock(a), _lock(b)
    lock = tuple(_lock_changes(*locks))
    runs = (a.run, b.run)
    times = [None if run.ended is None else (run.ended - run.started) / 1e9 for run in runs]
    deltas = Deltas(
        seconds=None if times[0] is None or times[1] is None else times[1] - times[0],
        input_tokens=b.run.input_tokens - a.run.input_tokens,
        output_tokens=b.run.output_tokens - a.run.output_tokens,
        cost=None if a.run.cost is None or b.run.cost is None else b.run.cost - a.run.cost,
        model_calls=b.run.model_calls - a.run.model_calls,
    )
    return TraceDiff(a, b, tuple(_Comparison(a, b, locks, lock).differences()), lock, deltas)


def text_diff(before: str, after: str, name_before: str = "before", name_after: str = "after") -> str:
    """Two texts as a unified diff by line; empty when they are equal."""
    if before == after:
        return ""
    old, new = before.splitlines(), after.splitlines()
    if len(old) + len(new) > _LINE_LIMIT:
        return f"({counted(len(old), 'line')} and {counted(len(new), 'line')}: too many to compare line by line)"
    return "\n".join(difflib.unified_diff(old, new, name_before, name_after, lineterm=""))


class _Comparison:
    """Two traces, walked side by side."""

    def __init__(
        self, a: Trace, b: Trace, locks: tuple[Lock | None, Lock | None], changes: tuple[ComponentChange, ...]
    ) -> None:
        self._a, self._b = a, b
        self._locks, self._changes = locks, changes

    def differences(self) -> Iterator[Difference]:
        """Every position that differs; of a span and what is inside of it, a cause first."""
        for pair in _pairs(self._a.children(None), self._b.children(None)):
            yield from self._below(pair, (None, None))

    def _below(self, pair: Pair, above: Pair) -> list[Difference]:
        """The differences at a position and below it."""
        before, after = pair
        if before is None or after is None:
            side, which = ("missing", "first") if after is None else ("extra", "second")
            return [self._found(pair, above, (side,), False, f"only the {which} run has it")]
        pairs = _pairs(self._a.children(before), self._b.children(after))
        inside = list(chain.from_iterable(self._below(each, pair) for each in pairs))
        what = tuple(name for name in _SIDES if getattr(before, name) != getattr(after, name))
        if not what:
            return inside
        if "input" in what:
            return [self._found(pair, above, what, False, self._other_input(pair, above)), *inside]
        if any(found.cause for found in inside):
            return [*inside, self._found(pair, above, what, False, "it follows from what differs inside of it")]
        return [self._found(pair, above, what, True, self._same_input(pair, above, inside)), *inside]

    def _found(self, pair: Pair, above: Pair, what: tuple[str, ...], cause: bool, explanation: str) -> Difference:
        span = pair[0] or pair[1]
        assert span is not None
        parent = above[0] if pair[0] is not None else above[1]
        return Difference(
            span.path, label(span, parent), what, cause, explanation, self._changed_components(pair, above), *pair
        )

    def _other_input(self, pair: Pair, above: Pair) -> str:
        """Where an input that differs comes from."""
        if above[0] is None or above[1] is None:
            return "the run was given other inputs"
        if not any(_is_effect(span) for span in pair):
            return "its input differs"
        if above[0].input != above[1].input:
            return "another request: its step's input differs"
        return "another request by a step with the same input" + _named(self._changed_components(pair, above))

    def _same_input(self, pair: Pair, above: Pair, inside: list[Difference]) -> str:
        """Why the same input gave something else."""
        changed = self._changed_components(pair, above)
        if any(_is_effect(span) for span in pair):
            return "the same request was answered differently" + _named(changed)
        if changed:
            return "the same input gave something else" + _named(changed)
        if any(_is_effect(found.before) for found in inside):
            return "the same input led to another request: the step's definition has changed"
        return "the same input gave something else: its definition, or code of the project, has changed"

    def _changed_components(self, pair: Pair, above: Pair) -> tuple[ComponentChange, ...]:
        """Changes of the lock that a position uses: all of them for the run; for a request those of its step too."""
        if not self._changes or above == (None, None):
            return self._changes
        used: set[str] = set()
        for trace, lock, span, step in zip((self._a, self._b), self._locks, pair, above, strict=True):
            if span is not None:
                used |= _digests_below(trace, span)
            if step is not None and _is_effect(span):
                used |= _digests(step)
            used |= _wired(lock, used)
        return tuple(change for change in self._changes if not used.isdisjoint(_digests_of(change)))


def _pairs(before: list[SpanRecord], after: list[SpanRecord]) -> Iterator[Pair]:
    """Spans at the same position, in the order in which the first run, then the second, started them.

    What an engine told of its work is left out: it comes when it comes, and repeats what the model call has.
    """
    others = {span.path: span for span in after if span.kind != "engine"}
    for span in before:
        if span.kind == "engine":
            continue
        yield span, others.pop(span.path, None)
    for span in others.values():
        yield None, span


def _is_effect(span: SpanRecord | None) -> bool:
    return span is not None and span.kind in _EFFECTS


def _named(changes: tuple[ComponentChange, ...]) -> str:
    names = ", ".join(f"{change.kind} {change.name}" for change in changes)
    return f"; changed: {names}" if names else ""


def _digests(span: SpanRecord) -> set[str]:
    """Digests of the components that a span itself names."""
    return {str(span.attributes[name]) for name in _DIGESTS if name in span.attributes}


def _digests_below(trace: Trace, span: SpanRecord) -> set[str]:
    """The same, of the span and everything inside of it."""
    found: set[str] = set()
    stack = [span]
    while stack:
        here = stack.pop()
        found |= _digests(here)
        stack.extend(trace.children(here))
    return found


def _wired(lock: Lock | None, used: set[str]) -> set[str]:
    """Digests of the examples and partials that used components are wired to."""
    entries = [entry for entry in lock.entries if entry.digest in used] if lock is not None else []
    return {use.rpartition("#")[2] for entry in entries for use in entry.uses if "#" in use}


def _lock(trace: Trace) -> Lock | None:
    """The trace's lock; None for a traced function, or when the store no longer has it."""
    if not trace.run.lock:
        return None
    try:
        return trace.store.lock(trace.run.lock)
    except StoreError:
        return None


def _lock_changes(a: Lock | None, b: Lock | None) -> Iterator[ComponentChange]:
    before = {(entry.kind, entry.name): entry for entry in a.entries} if a else {}
    after = {(entry.kind, entry.name): entry for entry in b.entries} if b else {}
    for kind, name in sorted(before.keys() | after.keys()):
        old, new = before.get((kind, name)), after.get((kind, name))
        if old is None or new is None or (old.digest, old.uses) != (new.digest, new.uses):
            yield ComponentChange(kind, name, old, new)


def _digests_of(change: ComponentChange) -> list[str]:
    return [entry.digest for entry in (change.before, change.after) if entry is not None]


def _uses(entry: LockEntry) -> str:
    return ", ".join(entry.uses) or "nothing"


def _side(trace: Trace, span: SpanRecord | None, side: str) -> str:
    if span is None:
        return ""
    if side == "output" and span.error is not None:
        return f"{span.error.get('type')}: {span.error.get('message')}"
    digest = getattr(span, side)
    if digest is not None:
        return value_text(trace, digest)
    return f"({span.status})" if side == "output" else ""
