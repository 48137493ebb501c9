"""The ``genops`` command: its groups, its global options, and how every command ends."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from genops.cli import (
    batch,
    cache,
    chain,
    dataset,
    doctor,
    drift,
    evaluation,
    feedback,
    fuzz,
    index,
    init,
    judge,
    model,
    monitor,
    prompt,
    run,
    schema,
    trace,
)
from genops.cli.failure import exit_code_of
from genops.cli.output import close_stdout, note, prepare_streams
from genops.errors import ExitCode


class _Root(TyperGroup):
    """Ends every command with its documented exit code, and every error with one block on stderr."""

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
app.add_typer(chain.app, name="chain")
app.add_typer(prompt.app, name="prompt")
app.add_typer(index.app, name="index")
app.add_typer(trace.app, name="trace")
app.add_typer(evaluation.app, name="eval")
app.add_typer(fuzz.app, name="fuzz")
app.add_typer(drift.app, name="drift")
app.add_typer(monitor.app, name="monitor")
app.add_typer(model.models_app, name="model")
app.add_typer(feedback.app, name="feedback")
app.add_typer(dataset.app, name="dataset")
app.add_typer(judge.app, name="judge")
app.add_typer(cache.app, name="cache")
schema.register(app)
