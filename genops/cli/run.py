"""``genops run``: one run of a chain."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.inputs import read_inputs
from genops.cli.options import ChainReference, Inputs, InputsFile, Locked, Session, Tags, UseCache, User
from genops.cli.output import note, printable, say_json, say_output
from genops.cli.project import opened, recording

if TYPE_CHECKING:
    from genops.executor import RunResult


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("run")(run)


def run(
    chain: ChainReference,
    input: Inputs = None,
    inputs: InputsFile = None,
    locked: Locked = False,
    stream: Annotated[bool, typer.Option("--stream", help="Print the text as it is made, where it can be.")] = False,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append every model call to a file for `recorded` models.")
    ] = None,
    session: Session = None,
    user: User = None,
    tag: Tags = None,
    cache: UseCache = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the output and the run as JSON.")] = False,
) -> None:
    """Run a chain and print its output.

    The output alone goes to stdout, text as text and everything else as JSON; the trace id goes to stderr.
    """
    from genops.executor import Chain, RunOptions

    shown = Shown()
    # What tools and plug-ins print goes to stderr.
    with redirect_stdout(sys.stderr), recording(record) if record else opened() as project:
        loaded = Chain.load(chain, locked=locked, project=project)
        values = read_inputs(loaded.closure.root.inputs, input, inputs)
        options = RunOptions(
            session=session,
            user=user,
            tags=tuple(tag or ()),
            use_cache=cache,
            on_text=shown if stream and not as_json else None,
        )
        try:
            result = loaded.run_sync(values, options)
        except BaseException:
            shown.end()
            raise
    try:
        if as_json:
            say_json(_described(result))
        elif shown.text:
            shown.end()
        else:
            say_output(result.output)
    finally:
        note(f"trace {result.id[:12]}")


class Shown:
    """Prints text as it comes. A reader that goes away does not break the run.

    Attributes:
        text: Whether there was any.
    """

    def __init__(self) -> None:
        self.text = False
        self._out = sys.stdout
        self._reader = True

    def end(self) -> None:
        """Ends the line of what was printed."""
        if self.text:
            self("\n")

    def __call__(self, text: str) -> None:
        """Prints one piece."""
        self.text = True
        if not self._reader:
            return
        try:
            self._out.write(printable(text) if self._out.isatty() else text)
            self._out.flush()
        except BrokenPipeError:
            self._reader = False


def _described(result: RunResult) -> dict[str, object]:
    from genops.artifacts import json_form

    record = asdict(result.record)
    del record["text"]
    return {"output": json_form(result.output), "run": record}
