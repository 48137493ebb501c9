"""Progress of long work, on stderr and only where a person looks at it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Gives a function that takes what is done and the total; nothing is shown before its first call."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from genops.cli.output import console

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty())
    task = bar.add_task(what, total=None, start=False, visible=False)

    def advance(done: int, total: int) -> None:
        if not bar.tasks[0].started:
            bar.start_task(task)
        bar.update(task, completed=done, total=total, visible=True)

    with bar:
        yield advance


@contextmanager
def batch_bar(total: int) -> Iterator[Callable[[int, int], None]]:
    """Gives a function that takes the rows done and the rows failed; shows rate, failures and the time left."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from genops.cli.output import console

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed"),
        TextColumn("{task.fields[rate]}/s"),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty())
    task = bar.add_task("", total=total, failed="0", rate="-")

    def show(done: int, failed: int) -> None:
        speed = bar.tasks[0].speed
        bar.update(task, completed=done, failed=f"{failed:,}", rate="-" if speed is None else f"{speed:,.1f}")

    with bar:
        yield show
