"""The command line: thin ways into the other packages, one file per group of commands."""

from __future__ import annotations

import gc
from typing import NoReturn

__all__ = ["main"]

_ALLOCATIONS = 50_000


def main() -> NoReturn:
    """Runs ``genops`` with the arguments of the process and ends it with the documented exit code."""
    gc.set_threshold(_ALLOCATIONS)  # what modules define stays: looked through in vain it costs a tenth of an import
    try:
        from typer.main import get_command

        from genops.cli.app import app

        command = get_command(app)
    except KeyboardInterrupt:  # before there is a command that says so
        raise SystemExit(130) from None
    command.main(prog_name="genops")
    raise SystemExit(0)
