"""``genops model``: serves models with vLLM, and shows what is served."""

from __future__ import annotations

import typer

from genops.cli import model_watch
from genops.cli.options import AsJson
from genops.cli.output import listing
from genops.cli.project import opened_store
from genops.tracing.moments import shown_moment

models_app = typer.Typer(help="Serve models with vLLM: checked, watched, joined to the traces.", no_args_is_help=True)


@models_app.command("list")
def list_servers(as_json: AsJson = False) -> None:
    """List the servers that live."""
    with opened_store() as store:
        rows = [
            {
                "alias": one.alias,
                "replica": one.replica,
                "state": one.state,
                "phase": one.phase,
                "since": shown_moment(one.started),
                "url": one.url,
                "reason": one.reason,
            }
            for one in store.served()
        ]
    columns = ("alias", "replica", "state", "phase", "since", "url", "reason")
    listing(columns, rows, as_json=as_json, right=("replica",), empty="nothing is served")


model_watch.register(models_app)
