"""``genops model compare``: aliases side by side, for the choice of a model."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.options import AsJson
from genops.cli.output import out_file
from genops.cli.progress import evaluation_bar, progress_bar
from genops.cli.project import opened
from genops.cli.report_files import wanted_reports
from genops.errors import Unfinished, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genops.evals.summary import Summary
    from genops.executor import Project
    from genops.models import Model
    from genops.serving.load.asking import Lengths
    from genops.serving.load.bench import BenchPlan
    from genops.store.records.serving import LoadTestRecord


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("compare")(compare)


def compare(
    aliases: Annotated[list[str], typer.Argument(metavar="ALIAS…", help="Model aliases; the first is the reference.")],
    suite: Annotated[
        str | None, typer.Option("--suite", metavar="NAME", help="Compare their quality on this suite.")
    ] = None,
    replaced: Annotated[
        str | None,
        typer.Option("--model", metavar="ALIAS", help="The alias of the suite's chain whose place they take."),
    ] = None,
    bench: Annotated[
        int | None, typer.Option("--bench", metavar="N", min=1, help="Load each with so many requests at once.")
    ] = None,
    requests: Annotated[int, typer.Option(min=10, help="Of each of these loads.")] = 100,
    input_tokens: Annotated[int, typer.Option(min=1, help="Length of their made-up prompts.")] = 256,
    output_tokens: Annotated[int, typer.Option(min=1, help="Length of their answers, at most.")] = 64,
    report: Annotated[
        list[str] | None,
        typer.Option(metavar="FORMAT=FILE", help="Write html, json or markdown too; may be given again."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put aliases side by side: quality, latency, throughput, cost, licence, context.

    Quality is of a suite, run anew with each alias in place of its chain's models; judges stay. Without --bench
    latency and throughput are those of the newest load test.
    """
    from genops.models import resolve_model
    from genops.serving.compare.comparison import comparison
    from genops.serving.compare.facts import facts_of
    from genops.serving.compare.reports import writer

    if len(set(aliases)) < 2 or len(set(aliases)) < len(aliases):
        raise UsageError("a comparison is of two aliases or more, each of them once")
    reports = wanted_reports(report, writer)
    with opened() as project:
        models = [resolve_model(project.settings, alias) for alias in aliases]
        summary = None if suite is None else _quality(project, suite, aliases, replaced)
        lengths = (input_tokens, output_tokens)
        tests, silent = _loads(project, models, bench, requests, lengths)
        facts = {model.name: facts_of(project.settings, project.store, model) for model in models}
        found = comparison(models, facts, tests, summary, silent)
    for form, file in reports:
        with out_file(file) as out:
            writer(form)(found, out)
    writer("json" if as_json else "terminal")(found, sys.stdout)
    if len(silent) == len(models) and summary is None:
        raise Unfinished("none of them answers: nothing was measured", hint="what each said is among the notes")


def _quality(project: Project, suite: str, aliases: Sequence[str], replaced: str | None) -> Summary:
    from genops.evals.suite import Suite
    from genops.executor import run_sync
    from genops.serving.compare.quality import quality_of

    loaded = Suite.load(suite, project.settings)
    with redirect_stdout(sys.stderr), evaluation_bar() as advance:  # what tools and scorers print
        return run_sync(quality_of(loaded, project, aliases, replaced, advance))


def _loads(
    project: Project, models: Sequence[Model], bench: int | None, requests: int, lengths: tuple[int, int]
) -> tuple[dict[str, LoadTestRecord | None], dict[str, str]]:
    """A load test of each, and what kept one from being made: the others are worth showing all the same."""
    tests: dict[str, LoadTestRecord | None] = {}
    silent: dict[str, str] = {}
    for model in models:
        try:
            tests[model.name] = (
                _newest(project, model) if bench is None else _made(project, model, bench, requests, lengths)
            )
        except Unfinished as error:
            tests[model.name], silent[model.name] = None, error.message
    return tests, silent


def _newest(project: Project, model: Model) -> LoadTestRecord | None:
    """The newest load test of the model as it is now."""
    found = project.store.load_tests(model.name)
    return next((test for test in found if test.manifest["digest"] == model.component.digest), None)


def _made(project: Project, model: Model, bench: int, requests: int, lengths: tuple[int, int]) -> LoadTestRecord:
    """A load test of now, which is kept."""
    import asyncio

    from genops.serving.load.asking import Lengths, takes_exact_lengths
    from genops.serving.load.bench import BenchPlan

    parameters = dict(model.alias.parameters)
    about = f"{lengths[0]} tokens in, {lengths[1]} out"
    asking = Lengths(about, [lengths], parameters, takes_exact_lengths(model))
    record = asyncio.run(_benched(project, model, asking, BenchPlan(levels=(float(bench),), requests=requests)))
    project.store.keep_load_test(record)
    return record


async def _benched(project: Project, model: Model, asking: Lengths, plan: BenchPlan) -> LoadTestRecord:
    from genops.models import Gateway
    from genops.serving.load.bench import bench
    from genops.serving.load.own import OwnLoad

    gateway = Gateway(project.settings, serving=project.store)
    try:
        with progress_bar(model.name) as told:
            return (await bench(model, OwnLoad(gateway, model, asking, on_progress=told), plan)).record()
    finally:
        await gateway.close()
