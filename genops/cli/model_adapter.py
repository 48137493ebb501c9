"""``genops model adapter``: LoRA adapters that come and go while their model is served."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from genops.cli.complete import served_aliases
from genops.cli.options import AsJson
from genops.cli.output import listing, note
from genops.cli.project import opened_store, settings_here

adapter_app = typer.Typer(help="Load and unload LoRA adapters while their model is served.", no_args_is_help=True)

Alias = Annotated[str, typer.Argument(metavar="ALIAS", help="The alias that is served.", autocompletion=served_aliases)]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Under which requests ask for the adapter.")]


def register(app: typer.Typer) -> None:
    """Adds the group to ``genops model``."""
    app.add_typer(adapter_app, name="adapter")


@adapter_app.command("list")
def list_adapters(alias: Alias, as_json: AsJson = False) -> None:
    """List the adapters that the servers of an alias have loaded, as these say."""
    from genops.serving.adapters import loaded_adapters

    settings = settings_here()
    with opened_store() as store:
        found = loaded_adapters(settings, store, alias)
    rows = [
        asdict(one)
        if as_json
        else {**asdict(one), "digest": one.digest[:12], "as configured": _CONFIGURED[one.configured]}
        for one in found
    ]
    columns = ("replica", "name", "digest", "as configured", "path")
    listing(columns, rows, as_json=as_json, right=("replica",), empty="no adapter is loaded")


@adapter_app.command("load")
def load(
    alias: Alias,
    name: Name,
    path: Annotated[
        Path | None, typer.Option("--path", metavar="DIR", help="Its folder, in place of the one in the settings.")
    ] = None,
) -> None:
    """Load an adapter into every server of an alias; one that is loaded under the name is replaced.

    It is loaded when each server has answered with it. What is not in the settings is not pinned in locks.
    """
    from genops.serving.adapters import load_adapter

    settings = settings_here()
    with opened_store() as store:
        component = load_adapter(settings, store, alias, name, path)
    note(f"{name} ({component.digest[:12]}) is loaded")


@adapter_app.command("unload")
def unload(alias: Alias, name: Name) -> None:
    """Unload an adapter from every server of an alias."""
    from genops.serving.adapters import unload_adapter

    settings = settings_here()
    with opened_store() as store:
        count = unload_adapter(settings, store, alias, name)
    note(f"{name} is unloaded from {count} server{'' if count == 1 else 's'}")


_CONFIGURED = {"same": "yes", "other": "no", "": "-"}
