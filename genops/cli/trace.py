"""``genops trace``: lists, shows, exports, compares and removes traces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli import trace_diff, trace_export, trace_replay
from genops.cli.confirmation import make_sure
from genops.cli.options import AsJson, RunId, Yes
from genops.cli.output import listing, note, one_line, out_file, say_json
from genops.cli.output import show as show_on_stdout
from genops.cli.project import opened_store
from genops.cli.trace_filters import (
    LARGEST,
    ChainName,
    ComponentDigest,
    MaxLatency,
    MinCost,
    MinLatency,
    OfSession,
    OfUser,
    Since,
    Status,
    Tag,
    Text,
    Until,
    find_run,
    find_runs,
    run_filter,
)
from genops.tracing.moments import shown_moment

if TYPE_CHECKING:
    from genops.store import StoreCounts

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_traces(
    chain: ChainName = None,
    status: Status = None,
    since: Since = None,
    until: Until = None,
    min_latency: MinLatency = None,
    max_latency: MaxLatency = None,
    min_cost: MinCost = None,
    text: Text = None,
    component: ComponentDigest = None,
    session: OfSession = None,
    user: OfUser = None,
    tag: Tag = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=LARGEST, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first."""
    from dataclasses import asdict

    from genops.tracing.quantities import dollars, seconds

    wanted = run_filter(
        chain, status, since, until, min_latency, max_latency, min_cost, text, component, session, user, tag
    )
    with opened_store() as store:
        runs = store.runs(wanted, limit=limit)
    if as_json:
        say_json([asdict(run) for run in runs])
        return
    rows: list[dict[str, Any]] = [
        {
            "trace": run.id[:12],
            "started": shown_moment(run.started),
            "chain": run.chain,
            "status": run.status + (f" ({run.dropped} dropped)" if run.dropped else ""),
            "latency": seconds((run.ended - run.started) / 1e9) if run.ended else None,
            "tokens": f"{run.input_tokens + run.output_tokens:,}",
            "cost": dollars(run.cost) if run.model_calls else None,
            "text": one_line(run.text)[:60],
        }
        for run in runs
    ]
    columns = ("trace", "started", "chain", "status", "latency", "tokens", "cost", "text")
    listing(columns, rows, as_json=False, right=("latency", "tokens", "cost"), empty="no run fits")


@app.command()
def show(
    trace: RunId,
    full: Annotated[bool, typer.Option("--full", help="Show values whole.")] = False,
    step: Annotated[str | None, typer.Option("--step", metavar="PATH", help="Show one position and below.")] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write one self-contained page.")] = None,
) -> None:
    """Show a trace as a tree with times, tokens and cost."""
    from genops.cli.trace_tree import render_tree
    from genops.tracing.trace import Trace

    with opened_store() as store:
        found = Trace.load(store, find_run(store, trace).id)
        if html is None:
            show_on_stdout(render_tree(found, full=full, step=step))
            return
        from genops.web.trace_page import trace_page

        with out_file(html) as page:
            page.write(trace_page(found))
        note(f"wrote {html}")


@app.command()
def prune(
    before: Annotated[str, typer.Option("--before", metavar="WHEN", help="Started before 30d ago, or an ISO time.")],
    keep: Annotated[int, typer.Option("--keep", min=0, max=LARGEST, help="Keep the newest, however old.")] = 0,
    yes: Yes = False,
) -> None:
    """Delete old runs, and the payloads that nobody uses any more."""
    from genops.syntax.moment import moment

    moment_before = moment(before, "--before")
    with opened_store() as store:
        make_sure(f"delete runs that started before {shown_moment(moment_before)}?", yes)
        gone = store.prune(before=moment_before, keep_last=keep)
    _say_gone(gone)


@app.command()
def delete(
    traces: Annotated[list[str], typer.Argument(metavar="TRACE", help="Ids of runs or their beginnings.")],
    yes: Yes = False,
) -> None:
    """Delete runs, and the payloads that nobody uses any more."""
    with opened_store() as store:
        runs = find_runs(store, traces)
        for run in runs:
            note(f"{run.id[:12]}  {shown_moment(run.started)}  {one_line(run.chain)}")
        make_sure("delete them?", yes)
        gone = store.delete([run.id for run in runs])
    _say_gone(gone)


def _say_gone(gone: StoreCounts) -> None:
    from genops.tracing.quantities import counted

    parts = ((gone.runs, "run"), (gone.spans, "span"), (gone.payloads, "payload"))
    note("deleted " + ", ".join(counted(number, noun) for number, noun in parts))


trace_diff.register(app)
trace_replay.register(app)
trace_export.register(app)
