"""``genops doctor``: what is configured, reachable, missing."""

from __future__ import annotations

import typer

from genops.cli.options import AsJson
from genops.cli.output import going_on, printable, say, say_json, verdict
from genops.cli.project import settings_here


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("doctor")(doctor)


def doctor(as_json: AsJson = False) -> None:
    """Say what is configured, reachable and missing.

    The exit code is 1 when something that is needed is missing.
    """
    from dataclasses import asdict

    from genops.executor.doctor import diagnose

    found = []
    for diagnosis in diagnose(settings_here()):
        found.append(diagnosis)
        if not as_json:
            with going_on():
                say(printable(f"{diagnosis.state:8} {diagnosis.area} {diagnosis.name}: {diagnosis.detail}"))
                if diagnosis.hint:
                    say(printable(f"         {diagnosis.hint}"))
    if as_json:
        with going_on():
            say_json([asdict(diagnosis) for diagnosis in found])
    raise typer.Exit(verdict(all(diagnosis.state != "missing" for diagnosis in found)))
