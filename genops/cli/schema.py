"""``genops schema``: JSON Schemas of the files that people write, for editors."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from genops.cli.output import say_json


class What(StrEnum):
    """A kind of file."""

    campaign = "campaign"
    chain = "chain"
    drift = "drift"
    monitor = "monitor"
    prompt = "prompt"
    settings = "settings"
    suite = "suite"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("schema")(schema)


def schema(what: Annotated[What, typer.Argument(metavar="KIND", help="Which kind of file.")]) -> None:
    """Print the JSON Schema of a kind of file, for editors.

    Of a prompt template it is that of the front matter.
    """
    say_json(_schema_of(what))


def _schema_of(what: What) -> dict[str, Any]:
    if what is What.campaign:
        from genops.executor import Project
        from genops.fuzz.schema import json_schema as campaign_schema

        Project.current()  # plug-ins have objectives and mutators too
        return campaign_schema()
    if what is What.chain:
        from genops.chains.schema import json_schema as chain_schema
        from genops.executor import Project

        Project.current()  # plug-ins have step kinds too
        return chain_schema()
    if what is What.drift:
        from genops.drift.schema import json_schema as drift_schema
        from genops.executor import Project

        Project.current()  # plug-ins have tests and descriptors too
        return drift_schema()
    if what is What.monitor:
        from genops.executor import Project
        from genops.monitoring.schema import json_schema as monitor_schema

        Project.current()  # plug-ins have scorers and channels too
        return monitor_schema()
    if what is What.prompt:
        from genops.prompts.schema import json_schema as prompt_schema

        return prompt_schema()
    if what is What.suite:
        from genops.evals.schema import json_schema as suite_schema
        from genops.executor import Project

        Project.current()  # plug-ins have scorers too
        return suite_schema()
    from genops.settings import Settings

    found = Settings.model_json_schema()
    for name in ("root", "source"):
        del found["properties"][name]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": "genops settings"}
