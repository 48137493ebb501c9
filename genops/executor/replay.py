"""Replay: a recorded run again, from its record; with one component swapped, live only from the first difference."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from genops.artifacts import Lock
from genops.errors import GenopsError, ReplayDiffers, UsageError
from genops.executor.engine import RunOptions, run_chain
from genops.executor.project import Project
from genops.executor.record import CUT_OFF, around, is_within
from genops.executor.recorded import Difference, Recorded
from genops.executor.sources import LockedSource
from genops.executor.swaps import Swap
from genops.store.records.runs import SpanRecord
from genops.tracing.trace import Trace


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay found.

    Attributes:
        origin: Id of the recorded run.
        run: Id of the replay's own run.
        swaps: What was swapped, as ``kind:reference``.
        differences: Where the replay is not what was recorded, in the order in which that came up; the first is the
            cause of the others.
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
    source = LockedSource(project.store, lock, project.settings, project.source, _table(swaps, lock))
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
    performed = set(effects.performed)
    answered = (span for span in again.spans if is_effect(span) and span.status in ("ok", "error"))
    return Replay(
        origin=trace.run.id,
        run=run_id,
        swaps=swaps,
        differences=_in_order([*effects.differences, *compare(trace, again, effects.ran_out)], again),
        injected=sum(span.path not in performed for span in answered),
        performed=tuple(effects.performed),
        lock_changes=tuple(lock.differences(closure.lock)),
        error=None if error is None or isinstance(error, ReplayDiffers) else str(error),
    )


def is_effect(span: SpanRecord) -> bool:
    """Whether a span is an effect: something that came from outside of the run's own code."""
    return span.kind in ("model", "tool", "retrieve", "http", "clock")


def compare(recorded: Trace, again: Trace, ran_out: Container[str] = ()) -> Iterator[Difference]:
    """Where two traces of one chain differ: outputs and status of every step, scope and run, position by position.

    Args:
        recorded: The one.
        again: The other.
        ran_out: Attempts that ran into a timeout: how far they came is chance.
    """
    for path, span in recorded.by_path.items():
        other = again.by_path.get(path)
        if is_effect(span) or span.kind in ("function", "engine") or span.status in CUT_OFF:
            continue
        if other is None:
            if not is_within(path, ran_out):
                yield Difference(path, "missing", span.output, None)
        elif other.status != span.status:
            if other.status != "cancelled":
                yield Difference(path, "status", span.status, other.status)
        elif other.output != span.output or _failure(other) != _failure(span):
            yield Difference(path, "output", _failure(span) or span.output, _failure(other) or other.output)
    for path, other in again.by_path.items():
        if path in recorded.by_path or is_effect(other) or other.status == "cancelled" or is_within(path, ran_out):
            continue
        yield Difference(path, "extra", None, other.output)


def _failure(span: SpanRecord) -> str | None:
    return f"{span.error['type']}: {span.error['message']}" if span.error is not None else None


def _in_order(differences: Iterable[Difference], again: Trace) -> tuple[Difference, ...]:
    """Each once, in the order in which they came up in the replay."""

    def came_up(difference: Difference) -> tuple[int, int]:
        """When, and where several came up at once the inner ones first."""
        path, spans = difference.path, again.by_path
        if difference.what in ("request", "extra") and path in spans:
            return spans[path].started, 0
        if path not in spans:  # what is missing is known to be when what is around it ends
            path = next(other for other in reversed(list(around(path))) if other in spans)
        return spans[path].ended or sys.maxsize, -len(path)

    unique = {(difference.path, difference.what): difference for difference in reversed(list(differences))}
    return tuple(sorted(unique.values(), key=came_up))


def _table(swaps: Iterable[str], lock: Lock) -> dict[tuple[str, str], str]:
    """What takes the place of what, checked against what the run used."""
    table = {}
    for swap in map(Swap.parse, swaps):
        swap.require_among((entry.name for entry in lock.entries if entry.kind == swap.kind), "the run")
        table[swap.key] = swap.reference
    return table
