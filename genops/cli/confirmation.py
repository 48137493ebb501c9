"""Asking before something is deleted."""

from __future__ import annotations

import sys

import typer

from genops.cli.output import note
from genops.errors import UsageError


def make_sure(question: str, yes: bool) -> None:
    """Goes on when the user agrees, and ends the command when not.

    Raises:
        UsageError: There is nobody to ask.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nothing was deleted: there is no terminal to ask at", hint="add --yes")
    if not typer.confirm(question, err=True):
        note("nothing was deleted")
        raise typer.Exit
