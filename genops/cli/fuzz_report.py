"""``genops fuzz report``: what came of a campaign, in the formats that others read."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.campaigns import LAST, CampaignId, found_campaign
from genops.cli.fuzz_label import Labels, measured_accuracy
from genops.cli.options import OutFile
from genops.cli.output import going_on, note, out_file
from genops.cli.project import opened_store, settings_here

if TYPE_CHECKING:
    from genops.fuzz.summary import Accuracy, Summary
    from genops.settings import Settings
    from genops.store import Store
    from genops.store.records.campaigns import CampaignRecord

Reports = Annotated[
    list[str] | None,
    typer.Option(
        "--report", metavar="FORMAT=FILE", help="Write a report too, as `genops fuzz report`; may be given again."
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("report")(report)


def report(
    campaign: CampaignId = LAST,
    name: Annotated[
        str, typer.Option("--format", "-f", help="terminal, html, json, junit, sarif, markdown or github.")
    ] = "terminal",
    labels: Labels = None,
    out: OutFile = None,
) -> None:
    """Write the report of a campaign."""
    from genops.fuzz.reports import writer
    from genops.fuzz.summary import summarise

    writer(name)
    with opened_store() as store:
        record = found_campaign(store, campaign)
        summary = summarise(store, record, measured_accuracy(store, record, labels))
        write_report(settings_here(), record, summary, name, out)


def write_report(settings: Settings, record: CampaignRecord, summary: Summary, name: str, out: Path | None) -> None:
    """Writes a report, to stdout for None, and says where it is.

    Raises:
        UsageError: There is no such format, or the file cannot be written.
    """
    from genops.fuzz.reports import Report, writer

    write = writer(name)
    with out_file(out) as stream:
        write(Report(summary, record, settings), stream)
    if out is not None and str(out) != "-":
        note(f"wrote {out}")


def say_campaign(
    store: Store, record: CampaignRecord, as_json: bool, accuracy: Mapping[str, Accuracy] | None = None
) -> Summary:
    """What came of a campaign, on stdout."""
    from genops.evals.reports.terminal import print_on
    from genops.fuzz.reports import json, terminal
    from genops.fuzz.summary import summarise

    summary = summarise(store, record, accuracy)
    with going_on():
        if as_json:
            json.write_data(summary, sys.stdout)
        else:
            print_on(sys.stdout, terminal.terminal_report(summary))
    return summary
