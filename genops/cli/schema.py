"""``genops schema``: JSON Schemas of the files that people write, and of the messages that alerts send."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from typing import Annotated, Any

import typer

from genops.cli.output import say_json


class What(StrEnum):
    """What has a schema."""

    campaign = "campaign"
    chain = "chain"
    drift = "drift"
    message = "message"
    monitor = "monitor"
    prompt = "prompt"
    settings = "settings"
    suite = "suite"


_MADE = {
    What.campaign: "genops.fuzz.schema:json_schema",
    What.chain: "genops.chains.schema:json_schema",
    What.drift: "genops.drift.schema:json_schema",
    What.message: "genops.monitoring.alerts:message_schema",
    What.monitor: "genops.monitoring.schema:json_schema",
    What.prompt: "genops.prompts.schema:json_schema",
    What.suite: "genops.evals.schema:json_schema",
}
_PLUGGED = {What.campaign, What.chain, What.drift, What.monitor, What.suite}
"""What plug-ins add to: objectives, step kinds, tests, scorers and channels."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("schema")(schema)


def schema(
    what: Annotated[What, typer.Argument(metavar="KIND", help="A kind of file, or `message`: what an alert sends.")],
) -> None:
    """Print the JSON Schema of a kind of file, for editors, or of an alert's message.

    Of a prompt template it is that of the front matter.
    """
    say_json(_of_settings() if what is What.settings else _of(what))


def _of(what: What) -> dict[str, Any]:
    if what in _PLUGGED:
        from genops.executor import Project

        Project.current()
    module, _, name = _MADE[what].partition(":")
    made: dict[str, Any] = getattr(import_module(module), name)()
    return made


def _of_settings() -> dict[str, Any]:
    from genops.settings import Settings

    found = Settings.model_json_schema()
    for name in ("root", "source"):
        del found["properties"][name]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": "genops settings"}
