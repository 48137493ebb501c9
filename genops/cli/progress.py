"""Progress of long work, on stderr: a bar where a person looks at it, now and then a line where nobody does."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

    from genops.evals.runner import Progress as Evaluated
    from genops.fuzz.runner import FuzzProgress

_SILENT_SECONDS = 30.0


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Gives a function that takes what is done and the total; shows rate and time left from its first call on.

    Without a terminal it writes a line every half minute, so that a log tells long work from work that hangs.
    """
    if not sys.stderr.isatty():
        with _lines(what) as told:
            yield told
        return
    bar = _bar(what)
    task = bar.add_task(what, total=None, start=False, visible=False)

    def advance(done: int, total: int) -> None:
        if not bar.tasks[0].started:
            bar.start_task(task)
        bar.update(task, completed=done, total=total, visible=True)

    with bar:
        yield advance


@contextmanager
def batch_bar(total: int) -> Iterator[Callable[[int, int], None]]:
    """Gives a function that takes the rows done and the rows failed; shows failures, rate and time left."""
    bar = _bar("{task.fields[failed]} failed")
    task = bar.add_task("", total=total, failed="0")
    with bar:
        yield lambda done, failed: bar.update(task, completed=done, failed=f"{failed:,}")


@contextmanager
def evaluation_bar() -> Iterator[Callable[[Evaluated], None]]:
    """Gives a function that takes how far an evaluation is; shows failures, cost, rate and time left."""
    bar = _bar("{task.fields[told]}")
    task = bar.add_task("", total=None, told="")

    def advance(progress: Evaluated) -> None:
        told = (
            f"{progress.bad:,} bad, {progress.unscored:,} unscored, {progress.failed:,} failed, ${progress.cost:,.4f}"
        )
        bar.update(task, completed=progress.finished, total=progress.total, told=told)

    with bar:
        yield advance


@contextmanager
def campaign_bar() -> Iterator[Callable[[FuzzProgress], None]]:
    """Gives a function that takes how far a campaign is; shows what came of it, cost, rate and time left."""
    bar = _bar("{task.fields[told]}")
    task = bar.add_task("", total=None, told="")

    def advance(progress: FuzzProgress) -> None:
        told = [f"{progress.findings:,} found, {progress.outcomes['breach']:,} breaches"]
        told += [f"{changed:,} changed"] if (changed := progress.outcomes["changed"]) else []
        told += [f"{progress.refused:,} refused by the attacker"] if progress.refused else []
        told += [f"{progress.missing:,} failed, ${progress.cost:,.4f}"]
        bar.update(task, completed=progress.done, total=progress.total, told=", ".join(told))

    with bar:
        yield advance


@contextmanager
def _lines(what: str) -> Iterator[Callable[[int, int], None]]:
    """As :func:`progress_bar`, in lines."""
    from genops.cli.output import note

    began, ended, reached = time.monotonic(), threading.Event(), "not begun"

    def advance(done: int, total: int) -> None:
        nonlocal reached
        reached = f"{done:,} of {total:,}"

    def tell() -> None:
        while not ended.wait(_SILENT_SECONDS):
            note(f"{what}: {reached} after {time.monotonic() - began:,.0f} s")

    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    try:
        yield advance
    finally:
        ended.set()
        telling.join()


def _bar(text: str) -> Progress:
    """A bar with a text, the rate and the time left."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    from genops.cli.output import console

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("-/s" if speed is None else f"{speed:,.1f}/s", style="progress.data.speed")

    columns = (TextColumn(text), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    return Progress(*columns, console=console(sys.stderr), transient=True, disable=not sys.stderr.isatty())
