"""``genops batch``: many runs of one chain."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.options import ChainReference, Locked, Session, Tags, UseCache, User
from genops.cli.output import note
from genops.cli.progress import batch_bar
from genops.cli.project import opened
from genops.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from genops.executor import Progress


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("batch")(batch)


def batch(
    chain: ChainReference,
    inputs: Annotated[Path, typer.Option("--inputs", metavar="FILE", help="JSON lines, one object of inputs each.")],
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
        total = _count(inputs)
        try:
            with out.open("a" if resume else "w", encoding="utf-8") as lines, batch_bar(total) as show:

                def keep(progress: Progress) -> None:
                    reached.ok, reached.failed, reached.resumed = progress.ok, progress.failed, progress.resumed
                    show(progress.done, progress.failed)

                rows = read_rows(inputs)
                run_sync(
                    run_batch(
                        loaded, rows, lines, concurrency=concurrency, options=options, done=done, on_progress=keep
                    )
                )
        except BaseException:
            note(f"stopped after {_summary(reached)}; go on with:\n  {_again(chain, inputs, out)}")
            raise
    took = time.monotonic() - started
    note(f"{_summary(reached)} in {took:.1f} s ({(reached.ok + reached.failed) / took:,.1f} rows a second)")
    if reached.failed:
        note(f"  try the failed rows again with: {_again(chain, inputs, out)}")
        raise typer.Exit(ExitCode.UNFINISHED)


def _check(inputs: Path, out: Path, *, may_exist: bool) -> None:
    if not inputs.is_file():
        raise UsageError(f"there is no file {inputs}")
    if out.is_dir() or not out.parent.is_dir():
        raise UsageError(f"cannot write {out}", hint="give the name of a file in a folder that exists")
    if out.exists() and not may_exist:
        raise UsageError(f"{out} exists", hint="go on with --resume, or replace it with --force")
    if out.exists() and out.samefile(inputs):
        raise UsageError("--inputs and --out are the same file")


def _count(inputs: Path) -> int:
    with inputs.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def _summary(progress: Progress) -> str:
    from genops.tracing.quantities import counted

    earlier = f", {progress.resumed:,} done before" if progress.resumed else ""
    return f"{counted(progress.ok, 'row')} done, {progress.failed:,} failed{earlier}"


def _again(chain: str, inputs: Path, out: Path) -> str:
    return shlex.join(["genops", "batch", chain, "--inputs", str(inputs), "--out", str(out), "--resume"])
