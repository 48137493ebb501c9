"""``genops eval list|show|compare|report|delete``: what came of evaluations."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from genops.cli import evaluation_power
from genops.cli.confirmation import make_sure
from genops.cli.options import AsJson, OutFile, Yes
from genops.cli.output import listing, note, one_line, out_file, say_json
from genops.cli.project import opened, opened_store, settings_here
from genops.errors import UsageError
from genops.tracing.moments import shown_moment

if TYPE_CHECKING:
    from pathlib import Path

    from genops.evals.results import Found, Results
    from genops.evals.summary import Summary
    from genops.executor import Project
    from genops.store.records.evaluations import EvalRecord, SampleRecord

EvaluationId = Annotated[
    str,
    typer.Argument(
        metavar="EVALUATION",
        help="Its name, id, git revision, the lock of a variant, its suite; `last`, or `last~2` for two before it.",
    ),
]
Against = Annotated[
    str | None, typer.Option("--against", metavar="EVALUATION", help="Compare with another evaluation, case by case.")
]
Reference = Annotated[
    str | None,
    typer.Option(
        "--reference", metavar="VARIANT", help="Compare with this variant; default the gate's baseline, else the first."
    ),
]

CorrectBy = Annotated[
    Literal["holm", "e-bh"] | None,
    typer.Option(
        "--correction",
        help="Of the tests of many metrics: the chance of any false claim (holm), or the share of false claims (e-bh, "
        "by e-values). Default e-bh where a gate stopped the evaluation, else holm.",
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("list")(list_evaluations)
    app.command("show")(show)
    app.command("compare")(compare)
    app.command("report")(report)
    app.command("power")(evaluation_power.power)
    app.command("delete")(delete)


def list_evaluations(
    suite: Annotated[str | None, typer.Option(metavar="SUITE", help="Only evaluations of this suite.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List evaluations, newest first."""
    from dataclasses import asdict

    with opened_store() as store:
        records = store.evaluations(suite=suite, limit=limit)
    if as_json:
        say_json([asdict(record) for record in records])
        return
    columns = ("evaluation", "started", "suite", "name", "status", "cases", "variants", "gate", "revision")
    listing(columns, [_row(record) for record in records], as_json=False, right=("cases",), empty="no evaluation fits")


def show(
    evaluation: EvaluationId = "last",
    case: Annotated[str | None, typer.Option("--case", metavar="ID", help="Show the samples of a case.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Show the samples that failed in any way.")] = False,
    variant: Annotated[str | None, typer.Option(metavar="NAME", help="Only samples of this variant.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many samples to show.")] = 20,
    reference: Reference = None,
    against: Against = None,
    correction: CorrectBy = None,
    as_json: AsJson = False,
) -> None:
    """Show an evaluation; or samples of it with inputs, expected, output and scores."""
    with _results() as results:
        found = results.find(evaluation)
        if case is None and not failed and variant is None:
            other = _baseline(results, found, against)
            say_summary(results.summary(found, against=other, reference=reference, correction=correction), as_json)
            return
        _say_samples(results, found, case, variant, limit, failed=failed, as_json=as_json)


def compare(
    baseline: Annotated[str, typer.Argument(metavar="BASELINE", help="An evaluation, as `genops eval show` takes it.")],
    evaluation: Annotated[str, typer.Argument(metavar="EVALUATION", help="What is compared with it.")] = "last",
    reference: Annotated[
        str | None,
        typer.Option("--reference", metavar="VARIANT", help="Of the baseline; default the same."),
    ] = None,
    correction: CorrectBy = None,
    as_json: AsJson = False,
) -> None:
    """Compare an evaluation with an earlier one, case by case."""
    with _results() as results:
        found = results.find(evaluation)
        other = _baseline(results, found, baseline)
        say_summary(results.summary(found, against=other, reference=reference, correction=correction), as_json)


def report(
    evaluation: EvaluationId = "last",
    name: Annotated[
        str, typer.Option("--format", "-f", help="terminal, html, json, csv, junit, markdown, github, or cases.")
    ] = "terminal",
    out: OutFile = None,
    reference: Reference = None,
    against: Against = None,
    correction: CorrectBy = None,
) -> None:
    """Write the report of an evaluation."""
    from genops.evals.reports import writer
    from genops.evals.results import Results

    writer(name)
    with opened() as project:
        results = Results(project.store, project.settings)
        found = results.find(evaluation)
        other = _baseline(results, found, against)
        summary = results.summary(found, against=other, reference=reference, correction=correction)
        write_report(project, found.record, summary, name, out)


def write_report(project: Project, record: EvalRecord, summary: Summary, name: str, out: Path | None) -> None:
    """Writes a report, to stdout for None, and says where it is.

    Raises:
        UsageError: There is no such format, or the file cannot be written.
    """
    from genops.evals.reports import Report, writer
    from genops.evals.results import Results

    write = writer(name)
    with out_file(out) as stream:
        write(Report(summary, record, Results(project.store, project.settings), project), stream)
    if out is not None and str(out) != "-":
        note(f"wrote {out}")


def delete(
    evaluations: Annotated[list[str], typer.Argument(metavar="EVALUATION", help="As `genops eval show` takes them.")],
    yes: Yes = False,
) -> None:
    """Delete evaluations with their samples; their traces stay."""
    from genops.tracing.quantities import counted

    with _results() as results:
        records = {found.record.id: found.record for found in map(results.find, evaluations)}
        for record in records.values():
            note(f"{record.id[:12]}  {shown_moment(record.started)}  {one_line(f'{record.suite} {record.name}')}")
        make_sure("delete them?", yes)
        gone = results.store.delete_evaluations(list(records))
    note(f"deleted {counted(gone, 'evaluation')}")


@contextmanager
def _results() -> Iterator[Results]:
    from genops.evals.results import Results

    with opened_store() as store:
        yield Results(store, settings_here())


def _baseline(results: Results, found: Found, against: str | None) -> Found | None:
    """What an evaluation is compared with: one of the same suite before others that are called so.

    Raises:
        ReferenceNotFound: There is none.
        UsageError: It is the same.
    """
    other = None if against is None else results.find(against, prefer=found.record.suite)
    alone = len(found.record.body["manifest"]["variants"]) == 1
    if other and other.record.id == found.record.id and (alone or other.variant == found.variant):
        raise UsageError(f"{against!r} is the evaluation itself", hint="`genops eval list` shows the others")
    return other


def _row(record: EvalRecord) -> dict[str, Any]:
    from genops.tracing.readable import commit

    manifest = record.body["manifest"]
    return {
        "evaluation": record.id[:12],
        "started": shown_moment(record.started),
        "suite": record.suite,
        "name": record.name or None,
        "status": record.status,
        "cases": f"{manifest['cases']:,}",
        "variants": len(manifest["variants"]),
        "gate": record.verdict.get("outcome"),
        "revision": commit(record.body.get("about", {}).get("revision", "")) or None,
    }


def say_summary(summary: Summary, as_json: bool) -> None:
    """A summary on stdout."""
    if as_json:
        say_json(summary.to_json())
        return
    from genops.evals.reports.terminal import print_on, terminal_report

    print_on(sys.stdout, terminal_report(summary))


def _say_samples(
    results: Results, found: Found, case: str | None, variant: str | None, limit: int, *, failed: bool, as_json: bool
) -> None:
    from itertools import islice

    from genops.evals.outcome import failed as is_failed
    from genops.evals.reports.sample import sample_json, sample_view
    from genops.evals.reports.terminal import print_on

    only = variant or found.variant

    def wanted(sample: SampleRecord) -> bool:
        fits = (case is None or sample.case == case) and (only is None or sample.variant == only)
        return fits and (not failed or is_failed(sample))

    samples = results.samples(found.record, wanted)
    shown_samples = list(islice(samples, limit))
    if not shown_samples:
        _say_none(results, found, case, only)
    if as_json:
        say_json([sample_json(sample) for sample in shown_samples])
        return
    for sample in shown_samples:
        print_on(sys.stdout, sample_view(sample))
    left = sum(1 for _ in samples)
    if left:
        note(f"… and {left:,} more; see them with --limit {limit + left}")


def _say_none(results: Results, found: Found, case: str | None, variant: str | None) -> None:
    """Tells a case or variant that does not exist from one of which nothing failed."""
    from genops.errors import nearest

    variants = [entry["name"] for entry in found.record.body["manifest"]["variants"]]
    if variant is not None and variant not in variants:
        raise UsageError(f"the evaluation has no variant {variant!r}", hint=nearest(variant, variants))
    cases = {sample.case for sample in results.store.samples(found.record.id)}
    if case is not None and case not in cases:
        raise UsageError(f"the evaluation has no sample of a case {case!r}", hint=nearest(case, cases))
    note("no sample fits")
