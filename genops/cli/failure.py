"""How a command that failed ends: one block on stderr and the documented exit code."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path

from genops.cli.output import note, printable
from genops.errors import ExitCode, GenopsError, Location


def exit_code_of(error: BaseException, *, debug: bool) -> int:
    """Shows an error to the user and gives the exit code of the process.

    Args:
        error: What ended the command.
        debug: Whether its traceback is wanted too.
    """
    if debug and not isinstance(error, SystemExit):
        import traceback

        note("".join(traceback.format_exception(error)).rstrip())
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else ExitCode.OK
    if isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort":
        return ExitCode.INTERRUPTED
    if isinstance(error, GenopsError):
        _show(error)
        return error.exit_code
    if hasattr(error, "format_message"):
        return _usage(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        note(printable(f"error: {where}{error.strerror or error}"))
        return ExitCode.UNFINISHED
    note(f"error: a bug in genops: {type(error).__name__}: {printable(str(error))}")
    if not debug:
        note(f"  please report it with the traceback of: {shlex.join(['genops', *sys.argv[1:], '--debug'])}")
    return ExitCode.BUG


def _show(error: GenopsError) -> None:
    where = f"{_near(error.at)}: " if error.at else ""
    note(printable(f"error: {where}{error.message}"))
    if error.path:
        note(printable(f"  at step {error.path}"))
    if error.hint:
        note(printable(f"  {error.hint}"))
    if error.run:
        note(f"trace {error.run[:12]}")


def _near(at: Location) -> str:
    """A location with its path from the working folder, when it is below that."""
    here = Path.cwd()
    if isinstance(at.path, Path) and at.path.is_relative_to(here):
        at = replace(at, path=at.path.relative_to(here))
    return str(at)


def _usage(error: BaseException) -> int:
    """An error of typer's own: a wrong option, a missing argument, an unknown command."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError" and context is not None:
        note(context.get_help())
        return ExitCode.USAGE
    message = error.format_message().replace("Value error, ", "")  # type: ignore[attr-defined]
    note(printable(f"error: {' '.join(message.split())}"))
    if context is not None:
        note(f"  see {context.command_path} --help")
    return ExitCode.USAGE
