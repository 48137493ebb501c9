"""``genops fuzz``: attacks chains, and shows what broke them."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli import fuzz_catalogue, fuzz_label, fuzz_promote, fuzz_report
from genops.cli.campaigns import LAST, CampaignId, found_campaign
from genops.cli.fuzz_label import Labels, measured_accuracy
from genops.cli.fuzz_report import Reports, say_campaign, write_report
from genops.cli.options import AsJson
from genops.cli.output import going_on, listing, note, refuse_unwritable, say, say_json
from genops.cli.progress import campaign_bar
from genops.cli.project import opened, opened_store
from genops.cli.report_files import wanted_reports
from genops.cli.resumable import command_again, watched
from genops.errors import ExitCode, UsageError
from genops.tracing.moments import shown_moment

if TYPE_CHECKING:
    from genops.fuzz.fuzzing import Fuzzed
    from genops.fuzz.runner import CampaignPlan, FuzzProgress
    from genops.store import Store
    from genops.store.records.campaigns import CampaignRecord


app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("run")
def run(
    campaign: Annotated[str, typer.Argument(metavar="CAMPAIGN", help="Name in evals/, or a file.")],
    gate: Annotated[
        bool, typer.Option("--gate", help="Let the campaign's gate decide; a sweep ends when it is certain.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what is missing or failed.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="With --gate: start over, which spends the gate's alpha again.")
    ] = False,
    report: Reports = None,
    as_json: AsJson = False,
) -> None:
    """Attack a chain, and show what broke it.

    Exit code: 0 nothing was found, 1 something was, or answers changed more than the campaign allows, 3 too little
    could be scored to say, 4 tries are missing because something around the chain failed or the budget is used up;
    --resume makes those.
    With --gate: 0 passed, 1 failed, 3 undecided, 4 undecided because something around the chain failed.
    """
    from genops.executor import run_sync
    from genops.fuzz.campaign import Campaign as Definition
    from genops.fuzz.fuzzing import afuzz
    from genops.fuzz.reports import writer

    if fresh and not gate:
        raise UsageError("--fresh goes with --gate")
    if resume and fresh:
        raise UsageError("--resume goes on with a campaign; --fresh starts one")
    reports = wanted_reports(report, writer)
    with opened() as project:
        with redirect_stdout(sys.stderr):  # what tools and plug-ins print
            loaded = Definition.load(campaign, project.settings)
            for _, file in reports:  # better known now than when all is done
                refuse_unwritable(file)
            with watched(campaign_bar(), _made, command_again()) as watch:
                done = run_sync(
                    afuzz(
                        loaded,
                        project,
                        gate=gate,
                        resume=resume,
                        fresh=fresh,
                        on_start=lambda plan, campaign: watch.begin(_planned(plan, campaign)),
                        on_progress=watch.advance,
                    )
                )
        summary = say_campaign(project.store, done.record, as_json)
        for kind, file in reports:
            write_report(project.settings, done.record, summary, kind, file)
        _tell(done)
    raise typer.Exit(summary.verdict.exit_code)


@app.command("list")
def list_campaigns(
    campaign: Annotated[str | None, typer.Argument(metavar="CAMPAIGN", help="Only of this one.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List campaigns that were run, newest first."""
    with opened_store() as store:
        rows = [_row(store, record) for record in store.campaigns(campaign, limit=limit)]
    columns = ("id", "campaign", "started", "status", "findings")
    listing(columns, rows, as_json=as_json, right=("findings",), empty="no campaign was run here")


@app.command("show")
def show(campaign: CampaignId = LAST, labels: Labels = None, as_json: AsJson = False) -> None:
    """Show what came of a campaign."""
    with opened_store() as store:
        record = found_campaign(store, campaign)
        say_campaign(store, record, as_json, measured_accuracy(store, record, labels))


@app.command("compare")
def compare(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="A campaign, as `genops fuzz show` takes it.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="What is compared with it.")] = LAST,
    as_json: AsJson = False,
) -> None:
    """Compare two campaigns: sweeps by seed and mutation, robustness by case and change."""
    from genops.fuzz.reports import json, terminal
    from genops.fuzz.summary import compare as compared

    with opened_store() as store:
        comparison = compared(store, found_campaign(store, before), found_campaign(store, after))
    if as_json:
        json.write_data(comparison, sys.stdout)
    else:
        terminal.write_comparison(comparison, sys.stdout)


@app.command("repro")
def repro(
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="Id of a finding, or the beginning of it.")],
    as_json: AsJson = False,
) -> None:
    """Run a finding again, against the chain as it is now.

    Exit code: 1 it still breaks, 0 it does not, 3 that could not be told, 4 something around the chain failed.
    """
    from genops.fuzz.fuzzing import reproduce
    from genops.fuzz.reports.wording import shortest

    with opened() as project:
        record, again = reproduce(project, finding)
        project.store.writer.flush(10.0)
    with going_on():
        if as_json:
            told = {
                "outcome": again.outcome,
                "run": again.run,
                "scores": dict(again.scores),
                "error": dict(again.error),
            }
            say_json({"finding": record.id, **told})
        else:
            why = str(again.error.get("message") or "")
            say(f"{record.objective}: {again.outcome}{f', {why}' if why else ''}")
            say(f"  {shortest(record.text)}")
            if again.run:
                note(f"genops trace show {again.run[:12]}")
    codes = {"breach": ExitCode.BAD_VERDICT, "safe": ExitCode.OK, "infrastructure": ExitCode.UNFINISHED}
    raise typer.Exit(int(codes.get(again.outcome, ExitCode.UNDECIDED)))


@app.command("delete")
def delete(
    campaigns: Annotated[list[str], typer.Argument(metavar="CAMPAIGN...", help="Campaigns, as `show` takes them.")],
) -> None:
    """Delete campaigns with their tries and findings; the traces of their runs stay."""
    with opened_store() as store:
        found = [found_campaign(store, campaign).id for campaign in campaigns]
        store.delete_campaigns(found)
    for campaign in found:
        note(f"deleted {campaign[:12]}")


def _planned(plan: CampaignPlan, campaign: str) -> str:
    """What is about to happen."""
    from genops.fuzz.summary.verdict import counted_tries
    from genops.tracing.quantities import counted

    parts = [counted(len(plan.arenas), "objective")] if plan.arenas else []
    parts += [counted(len(plan.robustness.relations), "relation")] if plan.robustness else []
    what = f"{plan.campaign.name}: {', '.join(parts)}, {counted_tries(plan.size)}, campaign {campaign[:12]}"
    return "\n".join((what, *plan.borrowed.notes))


def _made(progress: FuzzProgress | None) -> str:
    from genops.fuzz.summary.verdict import counted_tries

    return counted_tries(0 if progress is None else progress.done - progress.resumed)


def _tell(done: Fuzzed) -> None:
    """Says on stderr what is left to do."""
    from genops.fuzz.summary.verdict import counted_tries

    progress = done.progress
    if progress.stopped:
        note(f"stopped: {progress.stopped}; go on with:\n  {command_again()}")
    elif progress.missing:
        lost = counted_tries(progress.missing)
        note(f"missing, as something around the chain failed: {lost}. Go on with:\n  {command_again()}")
    elif done.gate is not None and progress.done == progress.resumed:
        note("nothing was tried: this was decided before; --fresh starts over, which spends alpha again")


def _row(store: Store, record: CampaignRecord) -> dict[str, Any]:
    findings = sum(1 for _ in store.findings(record.id))
    return {
        "id": record.id[:12],
        "campaign": record.campaign,
        "started": shown_moment(record.started),
        "status": record.status,
        "findings": findings,
    }


fuzz_catalogue.register(app)
fuzz_report.register(app)
fuzz_label.register(app)
fuzz_promote.register(app)
