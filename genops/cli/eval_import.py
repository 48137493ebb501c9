"""``genops eval import``: a configuration of promptfoo as a suite."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from genops.cli.output import note, one_line, say
from genops.cli.project import settings_here
from genops.errors import UsageError


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("import")(import_)


def import_(
    config: Annotated[Path, typer.Argument(metavar="FILE", help="promptfooconfig.yaml, or a JSON file of that kind.")],
    name: Annotated[
        str | None, typer.Option("--name", help="Of the suite and the chain; default the folder's.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
) -> None:
    """Turn a configuration of promptfoo into a suite: templates, a chain, cases and scorers.

    The model aliases go to stdout, to be added to the settings. What could not be carried over, and what means only
    nearly the same, is listed on stderr. No code is run.
    """
    from genops.evals.promptfoo import import_promptfoo

    settings = settings_here()
    imported = import_promptfoo(config, name or _name_of(config), settings.paths)
    there = [path for path in imported.files if (settings.root / path).exists()]
    if there and not force:
        raise UsageError(f"{there[0]} exists", hint="choose another --name, or replace it with --force")
    for path, text in imported.files.items():
        (settings.root / path).parent.mkdir(parents=True, exist_ok=True)
        (settings.root / path).write_text(text, encoding="utf-8")
        note(f"wrote {path}")
    for what, entries in (("not carried over", imported.left_out), ("nearly the same", imported.changed)):
        for entry in entries:
            note(f"{what}: {one_line(entry)}")
    if imported.settings:
        note("add these aliases to the settings (pyproject.toml; without `tool.genops.` in genops.toml):")
        say(imported.settings, end="")


def _name_of(config: Path) -> str:
    stem = config.stem.removeprefix("promptfooconfig").strip(".-_") or config.resolve().parent.name
    return re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_") or "imported"
