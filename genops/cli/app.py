"""The ``genops`` command: its groups, its global options, and how every command ends."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from genops.cli import batch, doctor, init, run, schema
from genops.cli.failure import exit_code_of
from genops.cli.late_group import LateGroup
from genops.cli.output import close_stdout, note, prepare_streams
from genops.errors import ExitCode

_GROUPS = {
    "chain": ("genops.cli.chain", "Check, draw, lock and publish chains."),
    "prompt": ("genops.cli.prompt", "Render, check and publish prompt templates."),
    "index": ("genops.cli.index", "Build and search indexes of documents."),
    "trace": ("genops.cli.trace", "Look at recorded runs."),
    "eval": ("genops.cli.evaluation", "Run suites of cases, and compare what came of them."),
    "fuzz": ("genops.cli.fuzz", "Attack a chain, and see how it breaks."),
    "drift": ("genops.cli.drift", "Tell whether inputs, outputs or states between changed, and what."),
    "monitor": ("genops.cli.monitor", "Score production as it goes, watch its figures, and tell people."),
    "model": ("genops.cli.model", "Serve models with vLLM: checked, watched, joined to the traces."),
    "feedback": ("genops.cli.feedback", "Keep what users think of answers, beside their traces."),
    "dataset": ("genops.cli.dataset", "Check, show and make evaluation datasets."),
    "judge": ("genops.cli.judge", "Measure judges against people, and label cases for that."),
    "cache": ("genops.cli.cache", "Look at the memo and the response cache, and empty them."),
}
"""By name: the module of a group, and what its commands are for."""


class _Root(TyperGroup):
    """Ends every command with its documented exit code, and every error with one block on stderr."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, (module, about) in _GROUPS.items():
            self.add_command(LateGroup(name, module, about))

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> NoReturn:
        """Runs one command; ``--debug`` may stand anywhere before ``--``."""
        words = list(sys.argv[1:] if args is None else args)
        own = words[: words.index("--")] if "--" in words else words
        debug = "--debug" in own
        if debug:
            words.remove("--debug")
        prepare_streams()
        _interrupt_when_told_to_end()
        extra["standalone_mode"] = False
        try:
            code = super().main(words, *rest, **extra)
        except BaseException as error:
            code = exit_code_of(error, debug=debug)
        if code == ExitCode.INTERRUPTED:
            note("interrupted")
        raise SystemExit(close_stdout(int(code or 0)))

    def invoke(self, ctx: Any) -> Any:
        """Keeps typer from turning a closed pipe into an exit code of its own."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return None


def _interrupt_when_told_to_end() -> None:
    """A process that is told to end, or whose terminal is closed, puts its record in order as after Ctrl-C."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_DFL:  # `nohup` ignores SIGHUP, which stays so
            signal.signal(number, signal.default_int_handler)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"genops {version('genops')}")
        raise typer.Exit


def _root(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Versioned prompts and chains, run through a tracing executor.

    Exit codes: 0 done, 1 the verdict is bad, 2 wrong usage or a broken file, 3 undecided, 4 unfinished, 70 a bug in
    genops, 130 interrupted.
    """


app = typer.Typer(
    cls=_Root,
    callback=_root,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
init.register(app)
doctor.register(app)
run.register(app)
batch.register(app)
schema.register(app)
