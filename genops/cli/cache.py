"""``genops cache``: what the memo and the response cache hold, and how to empty them."""

from __future__ import annotations

from typing import Annotated

import typer

from genops.cli.options import AsJson
from genops.cli.output import listing, note
from genops.cli.project import opened_store

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command()
def show(as_json: AsJson = False) -> None:
    """Show how much the caches hold."""
    from dataclasses import asdict

    with opened_store() as store:
        rows = [asdict(size) for size in store.cache_sizes()]
    listing(("cache", "entries", "bytes"), rows, as_json=as_json, right=("entries", "bytes"))


@app.command()
def clear(
    memo: Annotated[bool, typer.Option("--memo", help="Only results of steps that evaluations reuse.")] = False,
    responses: Annotated[bool, typer.Option("--responses", help="Only answers of models.")] = False,
) -> None:
    """Empty the caches, or one of them. Traces keep what they show."""
    from genops.tracing.quantities import counted

    both = memo == responses
    with opened_store() as store:
        results = store.clear_cache("memo") if memo or both else None
        answers = store.clear_cache("response") if responses or both else None
    parts = ((results, "memoised result"), (answers, "cached response"))
    note("removed " + ", ".join(counted(number, noun) for number, noun in parts if number is not None))
