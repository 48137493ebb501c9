"""``genops batch``: many runs of one chain."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.options import ChainReference, Locked, Session, Tags, UseCache, User
from genops.cli.output import note
from genops.cli.progress import batch_bar
from genops.cli.project import opened
from genops.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from genops.executor import Progress

_STDIN = "-"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("batch")(batch)


def batch(
    chain: ChainReference,
    inputs: Annotated[
        str, typer.Option("--inputs", metavar="FILE", help="JSON lines, one object of inputs each; `-` reads stdin.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="JSON lines, one for each row as it ends.")],
    concurrency: Annotated[int, typer.Option(min=1, help="Runs under way at once.")] = 16,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what is missing or failed.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the output of an earlier batch.")] = False,
    locked: Locked = False,
    session: Session = None,
    user: User = None,
    tag: Tags = None,
    cache: UseCache = False,
) -> None:
    """Run a chain for every row of a file.

    A line of the output is {"key", "row", "run", "output", "error"}, in the order in which rows end. The exit code is 4
    when rows failed; --resume tries those again.
    """
    from genops.executor import Chain, Progress, RunOptions, drop_unfinished, read_rows, run_batch, run_sync

    _check(inputs, out, may_exist=resume or force)
    done = drop_unfinished(out) if resume else set[str]()
    options = RunOptions(session=session, user=user, tags=tuple(tag or ()), use_cache=cache)
    started, reached = time.monotonic(), Progress()
    with opened() as project:
        loaded = Chain.load(chain, locked=locked, project=project)
        with (
            _file_of(inputs) as (file, name),
            _saying_how_to_go_on(inputs, reached),
            out.open("a" if resume else "w", encoding="utf-8") as lines,
            batch_bar(_count(file)) as show,
        ):

            def keep(progress: Progress) -> None:
                reached.ok, reached.failed, reached.resumed = progress.ok, progress.failed, progress.resumed
                show(progress.done, progress.failed, progress.resumed)

            rows = read_rows(file, name)
            run_sync(
                run_batch(loaded, rows, lines, concurrency=concurrency, options=options, done=done, on_progress=keep)
            )
    took = time.monotonic() - started
    note(f"{_summary(reached)} in {took:.1f} s ({(reached.ok + reached.failed) / took:,.1f} rows a second)")
    if reached.failed:
        note(f"  try the failed rows again with: {_again(inputs)}")
        raise typer.Exit(ExitCode.UNFINISHED)


def _check(inputs: str, out: Path, *, may_exist: bool) -> None:
    if inputs != _STDIN and not Path(inputs).exists():
        raise UsageError(f"there is no file {inputs}")
    if inputs != _STDIN and not Path(inputs).is_file():
        raise UsageError(f"{inputs} is not a file", hint="give a file of JSON lines, or `-` and the lines on stdin")
    if str(out) == "-":
        raise UsageError("the output goes to a file, from which --resume can go on", hint="give --out FILE")
    if out.is_dir() or not out.parent.is_dir():
        raise UsageError(f"cannot write {out}", hint="give the name of a file in a folder that exists")
    if out.exists() and not may_exist:
        raise UsageError(f"{out} exists", hint="go on with --resume, or replace it with --force")
    if out.exists() and inputs != _STDIN and out.samefile(inputs):
        raise UsageError("--inputs and --out are the same file")


@contextmanager
def _file_of(inputs: str) -> Iterator[tuple[Path, str]]:
    """The file of the rows, and what errors call it. Stdin is read to its end first: no run waits for who writes it."""
    if inputs != _STDIN:
        yield Path(inputs), ""
        return
    with NamedTemporaryFile(prefix="genops-batch-") as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.flush()
        yield Path(kept.name), "<stdin>"


@contextmanager
def _saying_how_to_go_on(inputs: str, reached: Progress) -> Iterator[None]:
    try:
        yield
    except BaseException:
        note(f"stopped after {_summary(reached)}; go on with:\n  {_again(inputs)}")
        raise


def _count(inputs: Path) -> int:
    with inputs.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def _summary(progress: Progress) -> str:
    from genops.tracing.quantities import counted

    earlier = f", {progress.resumed:,} done before" if progress.resumed else ""
    return f"{counted(progress.ok, 'row')} done, {progress.failed:,} failed{earlier}"


def _again(inputs: str) -> str:
    """The same command, to go on with."""
    words = [word for word in sys.argv[1:] if word not in ("--resume", "--force")]
    again = shlex.join(["genops", *words, "--resume"])
    return f"{again}  (with the same rows on stdin)" if inputs == _STDIN else again
