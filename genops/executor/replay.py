"""Replay: a recorded run again, from its record; with one component swapped, live only from the first difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from genops.artifacts import Lock, Reference
from genops.errors import GenopsError, ReplayDiffers, UsageError, nearest
from genops.executor.effects import Difference, Recorded, own_timeout
from genops.executor.engine import RunOptions, run_chain
from genops.executor.project import Project
from genops.executor.sources import LockedSource
from genops.store.records import SpanRecord
from genops.tracing.trace import Trace

SWAPPABLE = ("chain", "prompt", "model", "index", "tool")


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found.

    Attributes:
        origin: Id of the recorded run.
        run: Id of the replay's own run.
        swaps: What was swapped, as ``kind:reference``.
        differences: Where the replay is not what was recorded, in the order of the positions in the record.
        injected: Effects that were taken from the record.
        performed: Positions of effects that went live; empty without swaps.
        lock_changes: Components that are not those of the recorded lock.
        error: How the replay itself ended, when it failed.
    """

    origin: str
    run: str
    swaps: tuple[str, ...]
    differences: tuple[Difference, ...]
    injected: int
    performed: tuple[str, ...]
    lock_changes: tuple[str, ...]
    error: str | None

    @property
    def identical(self) -> bool:
        """Whether every request and every output was the recorded one."""
        return not self.differences


async def replay(project: Project, trace: Trace, swaps: tuple[str, ...] = ()) -> Replay:
    """Runs a recorded run again.

    Without swaps no effect is performed: every one is injected from the record, and its request compared. With swaps
    (``prompt:answer@2``, ``model:…``, ``index:…``, ``chain:…``, ``tool:…``) an effect goes live exactly where its
    request is not the recorded one.

    Args:
        project: Whose store holds the run.
        trace: The recorded run.
        swaps: ``kind:reference``; the component of that kind and name is replaced. ``model:fast=big`` puts the alias
            ``big`` in the place of ``fast``.

    Raises:
        Unfinished: The trace is incomplete.
        UsageError: A swap names nothing that the run used.
    """
    trace.require_complete("replay")
    if not trace.run.lock:
        raise UsageError("a traced function has no chain to replay", hint="replay works on runs of chains")
    lock = project.store.lock(trace.run.lock)
    table = dict(_swap(text, lock) for text in swaps)
    source = LockedSource(project.store, lock, project.settings, project.source, table)
    closure = project.closure(source.chain(lock.chain), source.inside(lock.chain))
    effects = Recorded(dict(trace.by_path), project.store.payload, strict=not swaps)
    inputs = trace.value(trace.run.inputs)
    if not isinstance(inputs, dict):
        raise UsageError("the recorded inputs are not a mapping", hint="the store may be damaged")
    options = RunOptions(mode="replay", origin=trace.run.id, effects=effects, tags=tuple(trace.run.tags))
    error: GenopsError | None = None
    try:
        run_id = (await run_chain(project, closure, inputs, options)).id
    except GenopsError as failure:
        if not failure.run:
            raise
        error, run_id = failure, failure.run
    project.store.writer.flush(10.0)
    again = Trace.load(project.store, run_id)
    found = (*effects.differences, *compare(trace, again))
    order = {span.path: span.number for span in trace.spans}
    unique = {(d.path, d.what): d for d in reversed(found)}
    return Replay(
        origin=trace.run.id,
        run=run_id,
        swaps=swaps,
        differences=tuple(sorted(unique.values(), key=lambda d: (order.get(d.path, len(order)), d.path))),
        injected=sum(is_effect(span) for span in again.spans) - len(effects.performed),
        performed=tuple(effects.performed),
        lock_changes=tuple(lock.differences(closure.lock)),
        error=None if error is None or isinstance(error, ReplayDiffers) else str(error),
    )


def is_effect(span: SpanRecord) -> bool:
    """Whether a span is an effect: something that came from outside of the run's own code."""
    return span.kind in ("model", "tool", "retrieve", "http", "clock")


def compare(recorded: Trace, again: Trace) -> Iterator[Difference]:
    """Where two traces of one chain differ: outputs and status of every step, scope and run, position by position."""
    late = _timed_out(recorded)
    for path, span in recorded.by_path.items():
        other = again.by_path.get(path)
        if is_effect(span) or span.kind == "function" or span.status in ("cancelled", "running"):
            continue
        if other is None:
            if not any(path.startswith(prefix) for prefix in late):
                yield Difference(path, "missing", span.output, None)
        elif other.status != span.status:
            if other.status != "cancelled":
                yield Difference(path, "status", span.status, other.status)
        elif other.output != span.output:
            yield Difference(path, "output", span.output, other.output)
    for path, other in again.by_path.items():
        if path not in recorded.by_path and not is_effect(other) and other.status != "cancelled":
            yield Difference(path, "extra", None, other.output)


def _timed_out(trace: Trace) -> tuple[str, ...]:
    """Beginnings of the positions inside of attempts that ran into a timeout: how far they came is chance."""
    prefixes = []
    for span in trace.spans:
        for number, attempt in enumerate(span.attributes.get("genops.attempts", []), start=1):
            if own_timeout(attempt) is not None:
                mark = f"#{number}" if number > 1 else ""
                prefixes += [f"{span.path}{mark}/", f"{span.path}{mark}["]
    return tuple(prefixes)


def _swap(text: str, lock: Lock) -> tuple[tuple[str, str], str]:
    """``kind:reference`` or ``kind:name=reference`` as a key of the closure and what takes its place."""
    kind, _, rest = text.partition(":")
    if kind not in SWAPPABLE or not rest:
        raise UsageError(
            f"{text!r} is not a swap", hint=f"write KIND:REFERENCE, KIND one of {', '.join(SWAPPABLE)}: prompt:answer@2"
        )
    name, equals, reference = rest.partition("=")
    target = Reference.parse(name).name
    names = {entry.name for entry in lock.entries if entry.kind == kind}
    if target not in names:
        raise UsageError(f"the run used no {kind} {target!r}", hint=nearest(target, names))
    return (kind, target), reference if equals else name
