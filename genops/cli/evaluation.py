"""``genops eval``: runs suites and shows what came of them."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli import eval_import, evaluation_reports
from genops.cli.evaluation_reports import say_summary, write_report
from genops.cli.options import AsJson, UseCache
from genops.cli.output import going_on, note, refuse_unwritable
from genops.cli.progress import evaluation_bar
from genops.cli.project import opened
from genops.cli.report_files import wanted_reports
from genops.cli.resumable import command_again, watched
from genops.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from genops.evals.datasets import Selection
    from genops.evals.plan import Plan
    from genops.evals.results import Results
    from genops.evals.runner import Evaluation, Progress
    from genops.evals.suite import Budget

_LAST = "last"

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("run")
def run(
    suite: Annotated[str, typer.Argument(metavar="SUITE", help="Name in evals/, or a file.")],
    gate: Annotated[
        bool, typer.Option("--gate", help="Let the suite's gate decide, and end when it is certain.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what is missing or failed.")] = False,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="With --gate: start over in another order, which spends the gate's alpha again."),
    ] = False,
    name: Annotated[str, typer.Option(help="Call the evaluation so, to compare with it later.")] = "",
    chain: Annotated[str | None, typer.Option(metavar="REFERENCE", help="Put another chain under test.")] = None,
    sample: Annotated[str | None, typer.Option(help="So many cases at random, or a share below 1.")] = None,
    split: Annotated[list[str] | None, typer.Option(help="Only cases of this split; may be given again.")] = None,
    only: Annotated[
        list[str] | None, typer.Option("--filter", metavar="GLOB", help="Only cases whose id or a tag fits.")
    ] = None,
    only_failed: Annotated[
        str | None,
        typer.Option(
            metavar="EVALUATION", help="Only cases that failed in an earlier one: name, id, git revision, lock, `last`."
        ),
    ] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Runs under way at once, at most.")] = None,
    memo: Annotated[bool, typer.Option("--memo/--no-memo", help="Reuse results of unchanged steps.")] = True,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0, help="Of --sample, and of the order of the cases, which else follows from all that is compared."
        ),
    ] = None,
    cache: UseCache = False,
    against: Annotated[
        str | None,
        typer.Option(metavar="EVALUATION", help="Compare with an earlier one: name, id, git revision, lock, `last`."),
    ] = None,
    report: Annotated[
        list[str] | None,
        typer.Option(metavar="FORMAT=FILE", help="Write a report too, as `genops eval report`; may be given again."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a suite, and show what came of it.

    Exit code with --gate: 0 passed, 1 failed, 3 undecided, 4 undecided because something around the chain failed or
    the budget is used up. Without: 0 done, 4 when samples are missing for one of those; --resume makes them.
    """
    from genops.evals.evaluation import aevaluate
    from genops.evals.judges.labels import Labels
    from genops.evals.reports import writer
    from genops.evals.results import Results
    from genops.evals.suite import Suite
    from genops.executor import run_sync

    reports = wanted_reports(report, writer)
    with opened() as project:
        with redirect_stdout(sys.stderr):  # what tools, scorers and datasets print
            loaded = Suite.load(suite, project.settings)
            results = Results(project.store, project.settings)
            failed_in = _evaluation(results, loaded.name, only_failed)
            again = _again(only_failed, failed_in)
            if loaded.labels is not None:  # what is wrong with them is better known now than at the end
                Labels.load(loaded.folder / loaded.labels)
            for _, file in reports:  # so is a folder that is not there
                refuse_unwritable(file)
            other = results.find(against, prefer=loaded.name) if against is not None else None
            with watched(evaluation_bar(), _made, again) as watch:
                done = run_sync(
                    aevaluate(
                        loaded,
                        project,
                        gate=gate,
                        resume=resume,
                        fresh=fresh,
                        name=name,
                        chain=chain,
                        selection=_selection(sample, split, only, seed),
                        only_failed=failed_in,
                        concurrency=concurrency,
                        use_cache=cache,
                        memo=memo,
                        seed=seed,
                        on_start=lambda plan, evaluation: watch.begin(_planned(plan, evaluation)),
                        on_progress=_warning(loaded.budget, watch.advance),
                    )
                )
        if other is not None and other.record.id == done.record.id:
            note(f"--against {against} is the evaluation that this goes on with: it is compared with nothing")
            other = None  # the verdict is told all the same
        summary = results.summary(results.find(done.record.id), against=other)
        for kind, file in reports:
            write_report(project, done.record, summary, kind, file)
        with going_on():
            say_summary(summary, as_json)
        _tell(done, loaded.budget, again)
        _tell_unused(done, name, seed)
    raise typer.Exit(_exit_code(done))


def _planned(plan: Plan, evaluation: str) -> str:
    """What is about to happen."""
    from genops.tracing.quantities import counted

    variants = f" x {counted(len(plan.variants), 'variant')}" if len(plan.variants) > 1 else ""
    repeats = f" x {plan.suite.repeat} repeats" if plan.suite.repeat > 1 else ""
    return f"{plan.suite.name}: {counted(plan.cases, 'case')}{variants}{repeats}, evaluation {evaluation[:12]}"


def _warning(budget: Budget, advance: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """Moves the bar, and says once and at once where the budget cannot be kept."""
    warned = False

    def advanced(progress: Progress) -> None:
        nonlocal warned
        if not warned and (why := progress.unkept(budget)):
            warned = True
            price = "give the model's alias a `price`, or the budget `tokens`"
            note(f"warning: {why}; {'give the budget `seconds`' if progress.uncounted else price}")
        advance(progress)

    return advanced


def _made(progress: Progress | None) -> str:
    from genops.tracing.quantities import counted

    return counted(0 if progress is None else progress.done, "sample")


def _again(wanted: str | None, failed_in: str | None) -> str:
    """The same command; which evaluation was the last one, or the one before it, does not stay so."""
    if wanted is None or failed_in is None or not _is_last(wanted):
        return command_again()
    option = "--only-failed="
    return command_again({wanted: failed_in[:12], f"{option}{wanted}": f"{option}{failed_in[:12]}"})


def _selection(sample: str | None, split: list[str] | None, only: list[str] | None, seed: int | None) -> Selection:
    from pydantic import ValidationError

    from genops.evals.datasets import Selection

    try:
        amount = None if sample is None else float(sample) if "." in sample else int(sample)
        return Selection(sample=amount, split=split or None, filter=only or None, seed=seed or 0)
    except (ValueError, ValidationError):
        raise UsageError(f"--sample {sample!r} is neither a count nor a share below 1") from None


def _evaluation(results: Results, suite: str, wanted: str | None) -> str | None:
    """The id of an evaluation as people call it; ``last`` and ``last~2`` are those of the suite."""
    if wanted is None:
        return None
    own = suite if _is_last(wanted) else None
    if own and not results.store.evaluations(suite=own, limit=1):
        raise UsageError(f"the suite {suite!r} was never run")
    return results.find(wanted, suite=own, prefer=suite).record.id


def _is_last(wanted: str) -> bool:
    """Whether an evaluation is called by its place among those of the suite: ``last``, ``last~2``."""
    return wanted.partition("~")[0] == _LAST


def _tell(done: Evaluation, budget: Budget, again: str) -> None:
    """Says on stderr what is left to do."""
    from genops.tracing.quantities import counted

    progress = done.progress
    if why := progress.unkept(budget):
        note(f"warning: {why}")
    decided = done.gate is not None and done.gate.outcome != "undecided"
    if progress.stopped and not decided:
        note(f"stopped: {progress.stopped}; go on with:\n  {again}")
    elif progress.missing and not decided:
        lost = counted(progress.missing, "sample")
        note(f"missing, as something around the chain failed: {lost}. Go on with:\n  {again}")
    elif done.gate is not None and not (progress.done or progress.failed):
        note("nothing was run: this comparison was decided before; --fresh starts over, which spends alpha again")


def _tell_unused(done: Evaluation, name: str, seed: int | None) -> None:
    """Says on stderr what was asked for and is otherwise with the evaluation that this went on with."""
    if name and done.record.name != name:
        note(f"this went on with the evaluation {done.record.name!r}, which keeps that name")
    if seed is not None and (kept := done.record.body["seed"]) != seed:
        note(f"this went on with an evaluation whose order is that of --seed {kept}")


def _exit_code(done: Evaluation) -> int:
    unfinished = bool(done.progress.stopped or done.progress.missing)
    if done.gate is not None:
        verdict = done.gate.verdict()
        if verdict.outcome != "undecided" or not unfinished:
            return int(verdict.exit_code)
    return int(ExitCode.UNFINISHED if unfinished else ExitCode.OK)


evaluation_reports.register(app)
eval_import.register(app)
