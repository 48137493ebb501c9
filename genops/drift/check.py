"""A drift check: windows are read, questions asked of them, and what they say is kept."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from genops.blas import one_blas_thread
from genops.drift.embedding import Vectors
from genops.drift.explanation import explained
from genops.drift.looks.families import Asked, ask
from genops.drift.looks.raw import decided
from genops.drift.looks.rows import Rows
from genops.drift.matching import in_one_mix
from genops.drift.sensitivity import visible_separation
from genops.drift.spec import DriftSpec
from genops.drift.summary import StateSummary, Summary, WindowFacts
from genops.drift.verdict import LEAST_ROWS, few_reason, verdict_of, worst
from genops.drift.windows import Source, Window, read_windows
from genops.drift.windows.reference import Sources
from genops.errors import DefinitionError
from genops.executor import Project
from genops.store.records.drift import DriftRecord
from genops.tracing.recorder import new_id

_SHARED = "in the current window too"
_KIND = "say which they are with `as`"
_NAMED = "texts are compared with vectors by the check's embedder that are named so: FILE.npy#NAME"
Progress = Callable[[int, int], None]
"""Told how many texts are embedded, and how many there are to embed."""


def check(spec: DriftSpec, project: Project, *, progress: Progress | None = None) -> Summary:
    """Compares the two windows of a check, and keeps what came of it in the store.

    Args:
        spec: The check.
        project: Where it runs.
        progress: Is told how the embedding of texts goes on.

    Raises:
        GenopsError: A window cannot be read, its rows cannot be compared, or the store fails.
    """
    summary = compared(spec, project, progress=progress)
    keep(summary, spec, project)
    return summary


def keep(summary: Summary, spec: DriftSpec, project: Project) -> None:
    """Keeps what a check said in the store.

    Raises:
        StoreError: The store fails.
    """
    project.store.add_drift_check(_record(summary, spec))


@one_blas_thread()
def compared(spec: DriftSpec, project: Project, *, progress: Progress | None = None) -> Summary:
    """Compares the two windows of a check; nothing is kept of it.

    Args:
        spec: The check.
        project: Where it runs.
        progress: Is told how the embedding of texts goes on.

    Raises:
        GenopsError: A window cannot be read, or its rows cannot be compared.
    """
    started = time.time_ns()
    vectors = Vectors(project.settings, spec.embedder, progress)
    before, after = (windows_of(source, spec, project) for source in (spec.reference, spec.current))
    pairs = {
        state.name: in_one_mix(*_comparable(before[state.name], after[state.name], vectors), spec.seed)
        for state in spec.states
    }
    spec.check_tests({window.kind for pair in pairs.values() for window in pair if len(window)})
    asked = {name: _asked(*pair, spec, vectors) for name, pair in pairs.items()}
    families = sum(len(one.families) for one in asked.values() if one is not None)
    states = tuple(_judged(*pairs[name], one, name, families, spec, project) for name, one in asked.items())
    return Summary(
        id=new_id(128),
        check=spec.name,
        description=spec.description,
        started=started,
        ended=time.time_ns(),
        alpha=spec.alpha,
        smallest=spec.smallest,
        wanted=spec.visible,
        relabellings=spec.relabellings,
        embedder=vectors.name if any(state.kind == "text" for state in states) else "",
        verdict=worst(state.verdict for state in states),
        states=states,
    )


def windows_of(source: Source, spec: DriftSpec, project: Project) -> dict[str, Window]:
    """The windows of a source, one a state of the check, with as many rows as it compares at most.

    Raises:
        GenopsError: The source cannot be read.
    """
    sources = Sources(project.settings, project.store, spec.folder)
    read = read_windows(source.observations(sources, spec), spec.states, source.name)
    return {name: window.drawn(spec.rows, spec.seed) for name, window in read.items()}


def _comparable(before: Window, after: Window, vectors: Vectors) -> tuple[Window, Window]:
    """Both windows, as they are compared.

    Raises:
        GenopsError: They cannot be, or what groups them or tells their rows apart is not there.
    """
    _check_labels(before, after)
    before = _without(before, after)
    if len(before) and len(after):
        before, after = _as_vectors(before, after, vectors), _as_vectors(after, before, vectors)
        _check_kinds(before, after)
    return before, after


def _without(reference: Window, current: Window) -> Window:
    """The reference without the runs of the current window: no row is compared with itself."""
    shared = set(filter(None, current.runs))
    kept = [row for row, run in enumerate(reference.runs) if run not in shared]
    if len(kept) == len(reference.runs):
        return reference
    left_out = {**reference.left_out, _SHARED: len(reference) - len(kept)}
    return replace(reference.at(kept), left_out=left_out)


def _check_labels(before: Window, after: Window) -> None:
    """Makes sure that what rows are grouped and told apart by is there: in both windows for contexts, else in one."""
    for window, other in ((before, after), (after, before)):
        for name in window.unread:
            if name == "context" or name in other.unread or not len(other):
                raise window.unreadable(name)


def _as_vectors(window: Window, other: Window, vectors: Vectors) -> Window:
    """Texts as their vectors, where what they are compared with are vectors by the same embedder."""
    if window.kind != "text" or other.kind != "vector" or other.embedder != vectors.name:
        return window
    return replace(window, kind="vector", values=vectors.of(window), embedder=vectors.name)


def _check_kinds(before: Window, after: Window) -> None:
    if before.kind != after.kind:
        what = f"the rows of {before.name} are of the kind {before.kind}, and those of {after.name} are {after.kind}"
        raise DefinitionError(what, hint=_NAMED if "vector" in (before.kind, after.kind) else _KIND)
    if before.embedder and after.embedder and before.embedder != after.embedder:
        what = f"the vectors of {before.name} are by {before.embedder}, and those of {after.name} by {after.embedder}"
        raise DefinitionError(f"{what}: they cannot be compared", hint="embed both windows with the same embedder")


def _asked(before: Window, after: Window, spec: DriftSpec, vectors: Vectors) -> Asked | None:
    """The answers of a state's questions; None where a window has too few rows to ask."""
    if min(before.group_count, after.group_count) < LEAST_ROWS:
        return None
    given = vectors.of(before), vectors.of(after)
    rows = Rows(before, after, None if given[0] is None or given[1] is None else (given[0], given[1]))
    return ask(rows, spec)


def _judged(
    before: Window, after: Window, asked: Asked | None, name: str, families: int, spec: DriftSpec, project: Project
) -> StateSummary:
    facts = _facts(before), _facts(after)
    if asked is None:
        reason = few_reason(*facts)
        return StateSummary(name, before.kind if len(before) else after.kind, *facts, "undecided", reason)
    looks = decided(asked.families, families, spec.correction, spec.alpha, spec.smallest)
    visible = visible_separation(facts[0].groups, facts[1].groups, spec.alpha / families, spec.smallest)
    verdict, reason = verdict_of(looks, visible, spec.visible)
    plain = StateSummary(name, before.kind, *facts, verdict, reason, looks, visible)
    return explained(plain, asked, spec, project.store)


def _facts(window: Window) -> WindowFacts:
    times = window.times
    first, last = (None, None) if times is None or not len(times) else (int(times.min()), int(times.max()))
    return WindowFacts(
        window.name,
        len(window),
        window.group_count,
        window.drawn_from,
        dict(window.left_out),
        first,
        last,
        window.embedder if window.kind == "vector" else None,
    )


def _record(summary: Summary, spec: DriftSpec) -> DriftRecord:
    return DriftRecord(
        summary.id,
        summary.check,
        spec.reference.name,
        spec.current.name,
        summary.started,
        summary.ended,
        summary.verdict,
        summary.to_json(),
    )
