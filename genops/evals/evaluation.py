"""Evaluating: the one function that the command, Python and pytest call."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from genops.errors import UsageError
from genops.evals.case import Case
from genops.evals.datasets import Selection
from genops.evals.datasets.line import record_of
from genops.evals.outcome import failed
from genops.evals.plan import Plan, with_chain
from genops.evals.runner import Evaluation, Progress, Runner, open_evaluation, unfinished_evaluation
from genops.evals.suite import LATENCY, Suite
from genops.executor import Project, run_sync
from genops.store.batch import clean

_SEED_BITS = 48
_SEARCHED = 1_000
_COMMIT, _NO_COMMIT = "# branch.oid ", "(initial)"
_Rows: TypeAlias = Iterable[Mapping[str, Any] | Case]


async def aevaluate(
    suite: Suite,
    project: Project | None = None,
    *,
    gate: bool = False,
    resume: bool = False,
    fresh: bool = False,
    name: str = "",
    chain: str | None = None,
    selection: Selection | None = None,
    only_failed: str | None = None,
    concurrency: int | None = None,
    use_cache: bool = False,
    memo: bool = True,
    seed: int | None = None,
    on_start: Callable[[Plan, str], None] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Evaluation:
    """Runs a suite.

    Args:
        suite: Its definition.
        project: Where it runs; default the one that the working folder is in.
        gate: Whether the suite's gate decides, and ends the evaluation as soon as it is certain. An earlier evaluation
            of the same things is continued: starting over would spend the gate's alpha again.
        resume: Whether to go on with the last evaluation of the same things.
        fresh: Whether a gate starts over all the same, in an order drawn anew.
        name: What the evaluation is called, to compare with later. What is continued and has a name keeps it.
        chain: Reference of another chain to put under test.
        selection: Narrows the cases.
        only_failed: Id of an evaluation: only its cases that failed in any way are run. With ``resume``, the last
            evaluation that was narrowed so, or this one where it was, goes on with the cases that it was begun with.
        concurrency: Runs under way at once, at most; default the suite's.
        use_cache: Whether the response cache may answer model calls.
        memo: Whether results of earlier runs of the same steps are used again. A gate that asks how long runs take is
            given whole ones all the same.
        seed: Of the order of the cases. It is kept with the evaluation, and what is continued keeps its own. Without
            one it follows from all that is compared, so that every change is asked in an order of its own.
        on_start: Told of the plan and of the evaluation's id before the first sample.
        on_progress: Told of each sample once it is on disk. What it raises ends the evaluation, and can be resumed.

    Raises:
        UsageError: The suite, or what it refers to, is broken; nothing was run.
        StoreError: Samples cannot be kept.
        Unfinished: There is nothing to resume.
    """
    project = project or Project.current()
    if concurrency is not None and concurrency < 1:
        raise UsageError(f"the concurrency is 1 or more, not {concurrency}")
    _check_together(suite, gate, resume, fresh, only_failed)
    _check_names(name, suite.name, *(variant.name for variant in suite.variants))
    suite = replace(suite, gate=suite.gate if gate else None)
    suite = suite if chain is None else with_chain(suite, chain)
    narrowed = None if only_failed is None else await asyncio.to_thread(_narrowed, project, only_failed, resume)
    if fresh and seed is None:
        seed = secrets.randbits(_SEED_BITS)
    commit = asyncio.create_task(asyncio.to_thread(revision, project.settings.root))  # git is asked beside the plan
    only = None if narrowed is None else frozenset(narrowed["cases"])
    plan = await asyncio.to_thread(Plan.make, suite, project, selection=selection, only=only, seed=seed, memo=memo)
    about = _about(plan, await commit, narrowed)
    if resume:
        record = await asyncio.to_thread(unfinished_evaluation, plan)
    else:
        record = await asyncio.to_thread(open_evaluation, plan, name, about, join=gate and not fresh)
    if record.body["seed"] != plan.seed:  # the order belongs to what is continued
        plan = replace(plan, given_seed=record.body["seed"])
    if name and not record.name:
        await asyncio.to_thread(project.store.change_evaluation, record.id, name=name)
    if on_start is not None:
        on_start(plan, record.id)
    runner = Runner(
        plan,
        record,
        concurrency or suite.concurrency,
        use_cache=use_cache,
        memo=memo and not _asks_for_time(plan),
        on_progress=on_progress,
    )
    return await runner.run()


def _check_together(suite: Suite, gate: bool, resume: bool, fresh: bool, only_failed: str | None) -> None:
    """Refuses options that do not go together."""
    if fresh and not gate:
        raise UsageError("--fresh goes with --gate")
    if resume and fresh:
        raise UsageError("--resume goes on with an evaluation; --fresh starts one")
    if gate and suite.gate is None:
        raise UsageError(f"the suite {suite.name!r} has no gate", hint='add one: gate: ["passed >= 0.9"]')
    if gate and only_failed is not None:
        raise UsageError(
            "the gate is about all cases of the suite, not about those that failed", hint="leave one of the two out"
        )


def _check_names(*names: str) -> None:
    """Refuses names that a store would change, so that nothing is found by them again."""
    for name in names:
        if clean(name) != name:
            raise UsageError(f"{name!r} is no name: it has a NUL or a part of a character in it")


def _asks_for_time(plan: Plan) -> bool:
    """Whether a gate's verdict may rest on how long runs take, of which a reused result says nothing new."""
    suite = plan.suite
    asked = {rule.metric for rule in suite.gate.rules} if suite.gate is not None else set[str]()
    timed = any(use.threshold is not None or use.name in asked for use in suite.timed)
    return bool(asked) and (timed or LATENCY in plan.own.scorers)


def evaluate(suite: Suite, project: Project | None = None, **options: Any) -> Evaluation:
    """As :func:`aevaluate`, and waits."""
    return run_sync(aevaluate(suite, project, **options))


def define_suite(
    name: str,
    *,
    dataset: str | Mapping[str, Any] | _Rows | Callable[[], _Rows],
    scorers: Sequence[Any],
    folder: Path | None = None,
    **settings: Any,
) -> Suite:
    """A suite made in Python, of the same data as in a file.

    Args:
        name: By which reports call it.
        dataset: A file, a specification, rows, or a function that gives or yields them; it is called once, now.
        scorers: Names, or mappings as in a file; :func:`~genops.evals.use.use_scorer` makes one.
        folder: That files are relative to; default the working folder.
        settings: The other keys of a suite: ``chain``, ``variants``, ``repeat``, ``gate``, ….

    Raises:
        DefinitionError: It is no suite.
    """
    given: Any = dataset() if callable(dataset) else dataset
    whole = isinstance(given, (str, Mapping)) or not isinstance(given, Iterable)  # what is neither is refused there
    rows = given if whole else [_row(row) for row in given]
    uses = scorers if isinstance(scorers, (str, Mapping)) else list(scorers)  # refused there
    return Suite.from_data({**settings, "dataset": rows, "scorers": uses}, name, folder)


def _narrowed(project: Project, evaluation: str, resume: bool) -> dict[str, Any]:
    """The cases that failed in an evaluation, in any of the three ways, as :func:`_about` keeps them.

    What goes on asks those that it was begun with: some may have passed since, here or in the evaluation that they
    are of.

    Raises:
        ReferenceNotFound: There is no such evaluation.
        UsageError: None failed.
    """
    store = project.store
    record = store.evaluation(evaluation)
    for begun in store.evaluations(suite=record.suite, limit=_SEARCHED) if resume else ():
        kept: dict[str, Any] = begun.body.get("about", {}).get("only_failed") or {}
        if kept and record.id in (begun.id, kept["of"]):
            return kept
    cases = sorted({sample.case for sample in store.samples(record.id) if failed(sample)})
    if not cases:
        raise UsageError(f"no case of the evaluation {record.id[:12]} failed")
    return {"of": record.id, "cases": cases}


def _about(plan: Plan, commit: str, narrowed: dict[str, Any] | None) -> dict[str, Any]:
    """What is known of an evaluation beside what its scores follow from.

    Args:
        plan: What it does.
        commit: What it is an evaluation of.
        narrowed: The cases of another evaluation that it was narrowed to.
    """
    suite, root = plan.suite, plan.project.settings.root
    labels = os.path.relpath(suite.folder / suite.labels, root) if suite.labels else ""
    return {"revision": commit, "labels": labels, **({"only_failed": narrowed} if narrowed else {})}


def revision(root: Path) -> str:
    """The git commit that a folder is at, with ``+`` after it when files were changed; empty outside of git."""
    command = ["git", "status", "--porcelain=v2", "--branch", "--untracked-files=no"]
    try:
        done = subprocess.run(command, check=False, cwd=root, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    about = [line for line in done.stdout.splitlines() if line.startswith("# ")]
    commit = next((line.removeprefix(_COMMIT) for line in about if line.startswith(_COMMIT)), _NO_COMMIT)
    if commit == _NO_COMMIT:
        return ""
    return commit + ("+" if len(done.stdout.splitlines()) > len(about) else "")


def _row(row: Mapping[str, Any] | Case) -> Any:
    """A row as a file has it; what is neither is refused where the suite is read."""
    return record_of(row) if isinstance(row, Case) else dict(row) if isinstance(row, Mapping) else row
