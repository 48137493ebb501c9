"""A drift check: windows are read, questions asked of them, and what they say is kept."""

from __future__ import annotations

import time
from collections.abc import Callable

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
    before = windows_of(spec.reference, spec, project)
    after = windows_of(spec.current, spec, project)
    pairs = {state.name: in_one_mix(before[state.name], after[state.name], spec.seed) for state in spec.states}
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


def _asked(before: Window, after: Window, spec: DriftSpec, vectors: Vectors) -> Asked | None:
    """The answers of a state's questions; None where a window has too few rows to ask."""
    if len(before) and len(after):
        _check_comparable(before, after)
    if min(before.group_count, after.group_count) < LEAST_ROWS:
        return None
    given = vectors.of(before), vectors.of(after)
    rows = Rows(before, after, None if given[0] is None or given[1] is None else (given[0], given[1]))
    return ask(rows, spec)


def _check_comparable(before: Window, after: Window) -> None:
    if before.kind != after.kind:
        what = f"the rows of {before.name} are of the kind {before.kind}, and those of {after.name} are {after.kind}"
        raise DefinitionError(what, hint="say which they are with `as`")
    if before.embedder and after.embedder and before.embedder != after.embedder:
        what = f"the vectors of {before.name} are by {before.embedder}, and those of {after.name} by {after.embedder}"
        raise DefinitionError(f"{what}: they cannot be compared", hint="embed both windows with the same embedder")


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
    first, last = (None, None) if times is None else (int(times.min()), int(times.max()))
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
