"""``genops feedback``: what users think of answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli.options import AsJson, RunId
from genops.cli.output import listing, note
from genops.cli.project import opened, opened_store
from genops.cli.trace_filters import Since, find_run
from genops.errors import UsageError
from genops.tracing.moments import shown_moment

if TYPE_CHECKING:
    from genops.store.records.monitoring import FeedbackRecord

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("add")
def add(
    run: RunId,
    good: Annotated[bool, typer.Option("--good", help="The user was content: 1.")] = False,
    bad: Annotated[bool, typer.Option("--bad", help="The user was not: 0.")] = False,
    value: Annotated[float | None, typer.Option("--value", min=0, max=1, help="From 0 (bad) to 1 (good).")] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Of what is judged: helpful.")] = "feedback",
    comment: Annotated[str, typer.Option("--comment", "-m", metavar="TEXT", help="In the user's words.")] = "",
    author: Annotated[str | None, typer.Option("--author", metavar="NAME", help="Who says so.")] = None,
) -> None:
    """Keep what a user thought of the answer of a run.

    A monitor scores every run with bad feedback, and tells the mean of each name.
    """
    from genops.monitoring.feedback import add_feedback

    if sum((good, bad, value is not None)) != 1:
        raise UsageError("feedback is one of --good, --bad and --value")
    given = value if value is not None else float(good)
    with opened() as project:
        kept = add_feedback(project, find_run(project.store, run).id, given, name, comment, author)
    note(f"{kept.name} {kept.value:g} for trace {kept.run[:12]}")


@app.command("list")
def list_feedback(
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, help="How much, at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List feedback, newest first."""
    from genops.syntax.moment import moment

    with opened_store() as store:
        found = store.feedback(since=moment(since, "--since") if since else None, limit=limit)
    columns = ("trace", "name", "value", "when", "author", "comment")
    listing(
        columns, [_row(one) for one in found], as_json=as_json, right=("value",), empty="no feedback was given here"
    )


def _row(one: FeedbackRecord) -> dict[str, Any]:
    return {
        "trace": one.run[:12],
        "name": one.name,
        "value": one.value,
        "when": shown_moment(one.created),
        "author": one.author,
        "comment": one.comment,
    }
