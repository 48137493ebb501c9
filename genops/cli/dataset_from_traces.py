"""``genops dataset from-traces``: cases from recorded runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.complete import chain_names
from genops.cli.output import note, out_file
from genops.cli.trace_filters import (
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
    run_filter,
)

if TYPE_CHECKING:
    from genops.evals.datasets.sources.traces import Skipped
    from genops.store import Store


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("from-traces")(from_traces)


def from_traces(
    chain: Annotated[str, typer.Option("--chain", metavar="NAME", help="Of one chain.", autocompletion=chain_names)],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="JSON Lines; `-` for stdout.")],
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
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, help="Cases at most, of the newest runs.")
    ] = None,
    expect_output: Annotated[
        bool, typer.Option("--expect-output", help="What was answered is what is expected.")
    ] = False,
    near: Annotated[
        bool, typer.Option("--near", help="Drop what says nearly the same, by the project's embedder.")
    ] = False,
    similarity: Annotated[float, typer.Option(min=0.5, max=1.0, help="Cosine that counts as near.")] = 0.95,
) -> None:
    """Make cases from recorded runs, newest first: their inputs as recorded, that is, redacted.

    Equal inputs become one case. Runs that are incomplete, replays and runs of evaluations are left out and counted.
    """
    from itertools import islice

    import orjson

    from genops.cli.project import opened
    from genops.evals.datasets.embedding import text_embedder
    from genops.evals.datasets.sources.traces import Skipped, trace_rows
    from genops.evals.datasets.unique import Unique

    wanted = run_filter(
        chain, status, since, until, min_latency, max_latency, min_cost, text, component, session, user, tag
    )
    skipped, written = Skipped(), 0
    with opened() as project, out_file(out) as lines:
        unique = Unique(text_embedder(project.settings) if near else None, similarity)
        rows = unique.rows(trace_rows(project.store, wanted, skipped, with_output=expect_output))
        for row in islice(rows, limit):
            lines.write(orjson.dumps(row.values).decode() + "\n")
            written += 1
        if not written:
            _refuse_unknown(chain, project.store)
    note(_summary(written, unique.dropped, skipped))


def _refuse_unknown(chain: str, store: Store) -> None:
    """Refuses the name of a chain that was never run, as a mistyped one: an empty file would look like an answer.

    Raises:
        ReferenceNotFound: No run of it is recorded.
    """
    from genops.errors import ReferenceNotFound, nearest
    from genops.store import RunFilter

    if store.runs(RunFilter(chain=chain), limit=1):
        return
    known = chain_names("")
    hint = "run it first" if chain in known else nearest(chain, known)
    raise ReferenceNotFound(f"no run of a chain {chain!r} is recorded", hint=hint)


def _summary(written: int, dropped: int, skipped: Skipped) -> str:
    from genops.tracing.quantities import counted

    parts = (
        (dropped, "asked before"),
        (skipped.incomplete, "incomplete"),
        (skipped.repeated, "replayed or of an evaluation"),
        (skipped.without_output, "without an output"),
        (skipped.unreadable, "with values that are gone or no JSON"),
    )
    left_out = ", ".join(f"{number:,} {what}" for number, what in parts if number)
    return f"{counted(written, 'case')} written" + (f"; runs left out: {left_out}" if left_out else "")
