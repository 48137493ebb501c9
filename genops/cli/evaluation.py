"""``genops eval``: runs suites and shows what came of them."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli import eval_import, evaluation_reports
from genops.cli.evaluation_reports import say_summary, summary_of, write_report
from genops.cli.options import AsJson, UseCache
from genops.cli.output import note
from genops.cli.progress import evaluation_bar
from genops.cli.project import opened
from genops.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from genops.evals.datasets import Selection
    from genops.evals.plan import Plan
    from genops.evals.runner import Evaluation, Progress

_LAST = "last"

app = typer.Typer(help="Run suites of cases, and compare what came of them.", no_args_is_help=True)


@app.command("run")
def run(
    suite: Annotated[str, typer.Argument(metavar="SUITE", help="Name in evals/, or a file.")],
    gate: Annotated[
        bool, typer.Option("--gate", help="Let the suite's gate decide, and end when it is certain.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what is missing or failed.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="With --gate: start over, which spends the gate's alpha again.")
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
        typer.Option(metavar="EVALUATION", help="Only cases that failed in an evaluation; `last` is the newest."),
    ] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Runs under way at once, at most.")] = None,
    memo: Annotated[bool, typer.Option("--memo/--no-memo", help="Reuse results of unchanged steps.")] = True,
    seed: Annotated[int, typer.Option(help="Of the order of the cases.")] = 0,
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

    Exit code with --gate: 0 passed, 1 failed, 3 undecided, 4 undecided because something around the chain failed.
    Without: 0 done, 4 when samples are missing for that, or because the budget is used up; --resume makes those.
    """
    from genops.evals.evaluation import aevaluate
    from genops.evals.results import Results
    from genops.evals.suite import Suite
    from genops.executor import run_sync

    reports = [_report(text) for text in report or ()]
    if fresh and not gate:
        raise UsageError("--fresh goes with --gate")
    if resume and fresh:
        raise UsageError("--resume goes on with an evaluation; --fresh starts one")
    with opened() as project:
        loaded = Suite.load(suite, project.settings)
        failed_in = _evaluation(project, loaded.name, only_failed)
        results = Results(project.store, project.settings)
        other = results.find(against).record.id if against is not None else None
        with _shown(failed_in) as shown:
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
                    on_start=shown.start,
                    on_progress=shown.advance,
                )
            )
        summary = summary_of(results, results.find(done.record.id), other)
        for kind, file in reports:
            write_report(project, done.record, summary, kind, file)
        with suppress(BrokenPipeError):  # who stopped reading still gets the verdict, as the exit code
            say_summary(summary, as_json)
        _tell(done, failed_in)
    raise typer.Exit(_exit_code(done))


def _report(text: str) -> tuple[str, Path]:
    """``html=report.html``: a format, and where it goes.

    Raises:
        UsageError: It is something else.
    """
    from genops.evals.reports import writer

    kind, _, file = text.partition("=")
    if not file:
        raise UsageError(f"--report {text!r} is no report", hint="write FORMAT=FILE: --report html=report.html")
    writer(kind)
    return kind, Path(file)


class _Shown:
    """What a person sees while an evaluation runs."""

    def __init__(self) -> None:
        self.evaluation = ""
        self.bar: Any = None
        self.progress: Progress | None = None

    def start(self, plan: Plan, evaluation: str) -> None:
        """Says what is about to happen."""
        from genops.tracing.quantities import counted

        self.evaluation = evaluation
        variants = f" x {counted(len(plan.variants), 'variant')}" if len(plan.variants) > 1 else ""
        repeats = f" x {plan.suite.repeat} repeats" if plan.suite.repeat > 1 else ""
        note(f"{plan.suite.name}: {counted(plan.cases, 'case')}{variants}{repeats}, evaluation {evaluation[:12]}")

    def advance(self, progress: Progress) -> None:
        """Moves the bar."""
        self.progress = progress
        self.bar(progress)


@contextmanager
def _shown(failed_in: str | None) -> Iterator[_Shown]:
    shown = _Shown()
    try:
        with evaluation_bar() as shown.bar:
            yield shown
    except BaseException as error:
        if shown.evaluation and (shown.progress is not None or isinstance(error, KeyboardInterrupt)):
            from genops.tracing.quantities import counted

            made = counted(shown.progress.done if shown.progress is not None else 0, "sample")
            note(f"stopped after {made}; what was kept is not made again. Go on with:\n  {_again(failed_in)}")
        raise


def _again(failed_in: str | None) -> str:
    """The same command, to go on with; which evaluation was the last one does not stay so."""
    words = [word for word in sys.argv[1:] if word not in ("--resume", "--fresh")]
    if failed_in:
        words = [failed_in[:12] if word == _LAST else word for word in words]
        words = [f"--only-failed={failed_in[:12]}" if word == f"--only-failed={_LAST}" else word for word in words]
    return shlex.join(["genops", *words, "--resume"])


def _selection(sample: str | None, split: list[str] | None, only: list[str] | None, seed: int) -> Selection:
    from pydantic import ValidationError

    from genops.evals.datasets import Selection

    try:
        amount = None if sample is None else float(sample) if "." in sample else int(sample)
        return Selection(sample=amount, split=split or None, filter=only or None, seed=seed)
    except (ValueError, ValidationError):
        raise UsageError(f"--sample {sample!r} is neither a count nor a share below 1") from None


def _evaluation(project: Any, suite: str, wanted: str | None) -> str | None:
    """The id of an evaluation; ``last`` is the newest of the suite."""
    if wanted != _LAST:
        return wanted
    found = project.store.evaluations(suite=suite, limit=1)
    if not found:
        raise UsageError(f"the suite {suite!r} was never run")
    return str(found[0].id)


def _tell(done: Evaluation, failed_in: str | None) -> None:
    """Says on stderr what is left to do."""
    from genops.tracing.quantities import counted

    progress = done.progress
    if progress.stopped:
        note(f"stopped: {progress.stopped}; go on with:\n  {_again(failed_in)}")
    elif progress.missing and not (done.gate is not None and done.gate.certain):
        lost = counted(progress.missing, "sample")
        note(f"missing, as something around the chain failed: {lost}. Go on with:\n  {_again(failed_in)}")
    elif done.gate is not None and not progress.done:
        note("nothing was run: this comparison was decided before; --fresh starts over, which spends alpha again")


def _exit_code(done: Evaluation) -> int:
    unfinished = bool(done.progress.stopped or done.progress.missing)
    if done.gate is not None:
        verdict = done.gate.verdict()
        if verdict.outcome != "undecided" or not done.progress.missing:
            return int(verdict.exit_code)
    return int(ExitCode.UNFINISHED if unfinished else ExitCode.OK)


evaluation_reports.register(app)
eval_import.register(app)
