"""``genops fuzz mutators`` and ``genops fuzz objectives``: what attacks are made of, and what they are after."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import typer

from genops.cli.options import AsJson
from genops.cli.output import listing
from genops.cli.project import opened


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("mutators")(list_mutators)
    app.command("objectives")(list_objectives)


def list_mutators(as_json: AsJson = False) -> None:
    """List the mutators that a campaign may use, those of plug-ins included."""
    from genops.fuzz.catalogue import mutators

    with opened():
        rows = list(mutators())
    if not as_json:
        rows = [{**row, "settings": _settings(row), "needs": "attacker" if row["asks"] else ""} for row in rows]
    listing(("name", "family", "needs", "settings", "description"), rows, as_json=as_json)


def list_objectives(as_json: AsJson = False) -> None:
    """List the objectives that a campaign may have, those of plug-ins included."""
    from genops.fuzz.catalogue import objectives

    with opened():
        rows = list(objectives())
    if not as_json:
        rows = [{**row, "settings": _settings(row), "tags": _tags(row["tags"])} for row in rows]
    listing(("name", "severity", "tags", "settings", "description"), rows, as_json=as_json)


def _settings(row: Mapping[str, Any]) -> str:
    """Names with their defaults, where they have one: ``shots=16``."""
    return ", ".join(_setting(name, value) for name, value in row["settings"].items())


def _setting(name: str, value: Mapping[str, Any]) -> str:
    return f"{name}={json.dumps(value['default'])}" if "default" in value else name


def _tags(tags: Mapping[str, list[str]]) -> str:
    """The short ones: what NIST has are whole phrases."""
    return " ".join(tags["owasp"] + tags["atlas"])
