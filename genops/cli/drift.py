"""``genops drift``: compares what a chain sees and says with what it saw and said."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli import drift_catalogue, drift_watch
from genops.cli.options import AsJson, OutFile
from genops.cli.output import going_on, listing, note, out_file
from genops.cli.progress import progress_bar
from genops.cli.project import opened, opened_store
from genops.cli.report_files import wanted_reports
from genops.errors import UsageError
from genops.tracing.moments import shown_moment

if TYPE_CHECKING:
    from genops.drift.spec import DriftSpec
    from genops.drift.summary import Summary
    from genops.settings import Settings
    from genops.store import Store
    from genops.store.records.drift import DriftRecord

LAST = "last"
CheckId = Annotated[str, typer.Argument(metavar="CHECK", help="Id of a check, a name for its newest, `last`.")]
Reports = Annotated[
    list[str] | None,
    typer.Option(
        "--report", metavar="FORMAT=FILE", help="Write a report too, as `genops drift report`; may be given again."
    ),
]
_WINDOW = "dataset:NAME, eval:ID, traces:chain=NAME,since=7d, or a .jsonl, .csv, .parquet or .npy file."

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("check")
def check(
    name: Annotated[
        str | None, typer.Argument(metavar="[CHECK]", help="Name in evals/, or a file; options go before it.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option("--reference", "-r", metavar="WINDOW", help=f"What to compare with: {_WINDOW}")
    ] = None,
    current: Annotated[
        str | None, typer.Option("--current", "-c", metavar="WINDOW", help="What is judged, in the same forms.")
    ] = None,
    of: Annotated[
        list[str] | None,
        typer.Option(
            "--of",
            metavar="STATE",
            help="What of it: inputs.question, output, steps.NAME.output; may be given again.",
        ),
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--as", metavar="KIND", help="What a row is: text, number, category or vector.")
    ] = None,
    test: Annotated[list[str] | None, typer.Option("--test", metavar="TEST", help="In place of the default.")] = None,
    alpha: Annotated[float | None, typer.Option(help="Of a false alarm of the whole check; 0.05.")] = None,
    smallest: Annotated[float | None, typer.Option(help="The least separation that alarms; 0.1.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of everything that is drawn.")] = None,
    report: Reports = None,
    as_json: AsJson = False,
) -> None:
    """Compare two windows, and say what changed, by how much and since when.

    Exit code: 0 quiet, 1 drift, 3 too little data to say.
    """
    from genops.drift.check import compared, keep
    from genops.drift.reports import writer

    given = {
        "reference": reference,
        "current": current,
        "of": _states(of),
        "as": kind,
        "tests": test or None,
        "alpha": alpha,
        "smallest": smallest,
        "seed": seed,
    }
    reports = wanted_reports(report, writer)
    with opened() as project:
        spec = _spec(name, {key: value for key, value in given.items() if value is not None}, project.settings)
        with progress_bar("embedding") as advance:
            summary = compared(spec, project, progress=lambda done, total: advance(done, total) if total else None)
        with going_on():
            _say(summary, as_json)
        for form, file in reports:
            _write(summary, form, file)
        keep(summary, spec, project)
    raise typer.Exit(int(summary.exit_code))


@app.command("list")
def list_checks(
    name: Annotated[str | None, typer.Argument(metavar="[CHECK]", help="Only of this definition.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List checks that were made, newest first."""
    with opened_store() as store:
        rows = [_row(record) for record in store.drift_checks(name, limit=limit)]
    columns = ("id", "check", "started", "verdict", "reference", "current")
    listing(columns, rows, as_json=as_json, empty="no check was made here")


@app.command("show")
def show(check: CheckId = LAST, as_json: AsJson = False) -> None:
    """Show what a check found."""
    with opened_store() as store:
        _say(_found(store, check), as_json)


@app.command("report")
def report(
    check: CheckId = LAST,
    form: Annotated[str, typer.Option("--format", "-f", help="terminal, html, json or markdown.")] = "terminal",
    out: OutFile = None,
) -> None:
    """Write the report of a check."""
    from genops.drift.reports import writer

    writer(form)
    with opened_store() as store:
        _write(_found(store, check), form, out)


@app.command("delete")
def delete(
    checks: Annotated[list[str], typer.Argument(metavar="CHECK...", help="Checks, as `show` takes them.")],
) -> None:
    """Delete checks; the traces that they compared stay."""
    with opened_store() as store:
        ids = [_record(store, check).id for check in checks]
        store.delete_drift_checks(ids)
    for identity in ids:
        note(f"deleted {identity[:12]}")


def _spec(name: str | None, given: dict[str, Any], settings: Settings) -> DriftSpec:
    """The check of a name, with what options say in the place of what it says; or of options alone."""
    from genops.drift.spec import DriftSpec
    from genops.evals.definitions import checked, read_definition
    from genops.syntax import YamlFile

    if name is None:
        if "reference" not in given or "current" not in given:
            what = "a check compares two windows: --reference and --current, or the name of one that is defined"
            raise UsageError(what, hint="genops drift check -r dataset:SUITE -c traces:chain=NAME,since=7d")
        return DriftSpec.from_data(given, "", Path.cwd(), YamlFile(given, "options"))
    if not given:
        return DriftSpec.load(name, settings)
    from genops.chains import Parsing

    path, file = read_definition(name, "drift", settings)
    data = checked(file.data, name, "drift", Parsing(file))
    return DriftSpec.from_data({**data, **given}, path.stem, path.parent, file)


def _states(of: list[str] | None) -> dict[str, str] | None:
    return {one: one for one in of} if of else None


def _record(store: Store, wanted: str) -> DriftRecord:
    """A check by its id, the name of its definition or ``last``."""
    named = store.drift_checks(None if wanted == LAST else wanted, limit=1)
    if named:
        return named[0]
    if wanted == LAST:
        raise UsageError("no check was made here", hint="genops drift check -r WINDOW -c WINDOW")
    return store.drift_check(wanted)


def _found(store: Store, wanted: str) -> Summary:
    from genops.drift.summary import Summary

    return Summary.from_json(_record(store, wanted).body)


def _say(summary: Summary, as_json: bool) -> None:
    from genops.drift.reports import json, terminal

    (json if as_json else terminal).write(summary, sys.stdout)


def _write(summary: Summary, form: str, out: Path | None) -> None:
    from genops.drift.reports import writer

    with out_file(out) as stream:
        writer(form)(summary, stream)
    if out is not None and str(out) != "-":
        note(f"wrote {out}")


def _row(record: DriftRecord) -> dict[str, Any]:
    return {
        "id": record.id[:12],
        "check": record.check,
        "started": shown_moment(record.started),
        "verdict": record.verdict,
        "reference": record.reference,
        "current": record.current,
    }


drift_watch.register(app)
drift_catalogue.register(app)
