"""The command line: thin ways into the other packages, one file per group of commands."""

from __future__ import annotations

import atexit
import gc
import sys
from typing import NoReturn

__all__ = ["main"]

_ALLOCATIONS = 50_000


def main() -> NoReturn:
    """Runs ``genops`` with the arguments of the process and ends it with the documented exit code."""
    atexit.register(_leave)  # the first to be registered is the last to be called
    gc.set_threshold(_ALLOCATIONS)  # what modules define stays: looked through in vain it costs a tenth of an import
    try:
        from typer.main import get_command

        from genops.cli.app import app

        command = get_command(app)
    except KeyboardInterrupt:  # before there is a command that says so
        raise SystemExit(130) from None
    command.main(prog_name="genops")
    raise SystemExit(0)


def _leave() -> None:
    """Leaves to the system what genops and its libraries have made.

    The interpreter would take it apart, object by object, which takes as long as a short command. It still does where
    there is code of other people, whose objects may have a last word: a file is written out when it is freed.
    """
    plugins = sys.modules.get("genops.plugins")
    if plugins is None or not plugins.registry.plugins:
        gc.freeze()
