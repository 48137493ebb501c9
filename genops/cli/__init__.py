"""The command line: thin ways into the other packages, one file per group of commands."""

from __future__ import annotations

from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Runs ``genops`` with the arguments of the process and ends it with the documented exit code."""
    from typer.main import get_command

    from genops.cli.app import app

    get_command(app).main(prog_name="genops")
    raise SystemExit(0)
