"""Which runs ``genops trace`` commands are about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from genops.cli.complete import chain_names
from genops.errors import ReferenceNotFound, UsageError

if TYPE_CHECKING:
    from genops.store import RunFilter, RunRecord, Store

LARGEST = 9_000_000_000
"""What still fits: 285 years in nanoseconds."""


def _amount(value: float | None) -> float | None:
    if value is None or 0 <= value <= LARGEST:
        return value
    raise typer.BadParameter(f"{value:g} is not a number from 0 to {LARGEST:,}.")


StatusName = Literal["running", "ok", "error", "cancelled"]

ChainName = Annotated[
    str | None, typer.Option("--chain", metavar="NAME", help="Runs of one chain.", autocompletion=chain_names)
]
Status = Annotated[StatusName | None, typer.Option("--status", help="How the run ended.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="Started since 30m, 12h, 7d or 2w ago, or an ISO time.")
]
Until = Annotated[str | None, typer.Option("--until", metavar="WHEN", help="Started before then.")]
MinLatency = Annotated[
    float | None, typer.Option("--min-latency", metavar="SECONDS", callback=_amount, help="Took at least.")
]
MaxLatency = Annotated[
    float | None, typer.Option("--max-latency", metavar="SECONDS", callback=_amount, help="Took at most.")
]
MinCost = Annotated[float | None, typer.Option("--min-cost", metavar="USD", callback=_amount, help="Cost at least.")]
Text = Annotated[str | None, typer.Option("--text", metavar="WORDS", help="Words of the inputs, output or error.")]
ComponentDigest = Annotated[
    str | None, typer.Option("--component", metavar="DIGEST", help="Ran with a component, by its digest's beginning.")
]
OfSession = Annotated[str | None, typer.Option("--session", metavar="ID", help="Of one session.")]
OfUser = Annotated[str | None, typer.Option("--user", metavar="ID", help="For one user.")]
Tag = Annotated[str | None, typer.Option("--tag", metavar="TAG", help="With a tag.")]


def run_filter(
    chain: str | None,
    status: StatusName | None,
    since: str | None,
    until: str | None,
    min_latency: float | None,
    max_latency: float | None,
    min_cost: float | None,
    text: str | None,
    component: str | None,
    session: str | None,
    user: str | None,
    tag: str | None,
) -> RunFilter:
    """The store's filter of the options.

    Raises:
        UsageError: A moment or digest cannot be read.
    """
    from genops.store import RunFilter
    from genops.syntax.moment import moment

    digest = component.rpartition("#")[2].lower() if component else None
    if digest is not None and not re.fullmatch("[0-9a-f]+", digest):
        raise UsageError(f"--component {component!r} is not a digest", hint="`genops prompt list` shows digests")
    return RunFilter(
        chain=chain,
        status=status,
        since=moment(since, "--since") if since else None,
        until=moment(until, "--until") if until else None,
        min_latency=min_latency,
        max_latency=max_latency,
        min_cost=min_cost,
        text=text,
        component=digest,
        session=session,
        user=user,
        tag=tag,
    )


def find_run(store: Store, name: str) -> RunRecord:
    """The run of an id, of its beginning, or of ``last`` and ``last~2``.

    Raises:
        ReferenceNotFound: There is no such run, or more than one.
    """
    from genops.store import RunFilter

    last = re.fullmatch(r"last(?:~(\d{1,6}))?", name)
    if last is None:
        return store.run(name)
    back = int(last[1] or 0)
    newest = store.runs(RunFilter(), limit=back + 1)
    if len(newest) <= back:
        raise ReferenceNotFound(f"there is no run {name!r}", hint=f"the store holds {len(newest)}; `genops trace list`")
    return store.run(newest[back].id)


def find_runs(store: Store, names: Iterable[str]) -> list[RunRecord]:
    """The runs of several names, each once."""
    found = {run.id: run for run in (find_run(store, name) for name in names)}
    return list(found.values())
