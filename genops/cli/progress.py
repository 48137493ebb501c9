"""Progress of long work, on stderr: a bar where a person looks at it, now and then a line where nobody does."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress

    from genops.evals.runner import Progress as Evaluated
    from genops.fuzz.runner import FuzzProgress

_SILENT_SECONDS = 30.0


class Told(Protocol):
    """What is told how far the work is."""

    def __call__(self, done: int, total: int, told: str = "", resumed: int = 0, /) -> None:
        """Takes what is done, the total, what else there is to say, and what of it was done before this began."""
        ...


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
def batch_bar(total: int) -> Iterator[Callable[[int, int, int], None]]:
    """Gives a function that takes the rows done, failed and done before; shows failures, rate and time left."""
    with _told("rows") as told:
        yield lambda done, failed, resumed: told(done, total, f"{failed:,} failed", resumed)


@contextmanager
def evaluation_bar() -> Iterator[Callable[[Evaluated], None]]:
    """Gives a function that takes how far an evaluation is; shows failures, cost, rate and time left."""
    with _told("samples") as told:

        def advance(progress: Evaluated) -> None:
            counts = f"{progress.bad:,} bad, {progress.unscored:,} unscored, {progress.failed:,} failed"
            told(progress.finished, progress.total, f"{counts}, ${progress.cost:,.4f}", progress.resumed)

        yield advance


@contextmanager
def campaign_bar() -> Iterator[Callable[[FuzzProgress], None]]:
    """Gives a function that takes how far a campaign is; shows what came of it, cost, rate and time left."""
    with _told("tries") as told:

        def advance(progress: FuzzProgress) -> None:
            counts = [f"{progress.findings:,} found, {progress.outcomes['breach']:,} breaches"]
            counts += [f"{changed:,} changed"] if (changed := progress.outcomes["changed"]) else []
            counts += [f"{progress.refused:,} refused by the attacker"] if progress.refused else []
            counts += [f"{progress.missing:,} failed, ${progress.cost:,.4f}"]
            told(progress.done, progress.total, ", ".join(counts), progress.resumed)

        yield advance


@contextmanager
def _told(what: str) -> Iterator[Told]:
    """A bar with what is told beside it; lines without a terminal."""
    if not sys.stderr.isatty():
        with _lines(what) as lines:
            yield lines
        return
    bar = _bar("{task.fields[told]}")
    task = bar.add_task("", total=None, told="")
    with bar:
        yield lambda done, total, told="", _=0: bar.update(task, completed=done, total=total, told=told)


@contextmanager
def _lines(what: str) -> Iterator[Told]:
    """A line every half minute."""
    from genops.cli.output import note

    began, ended, reached = time.monotonic(), threading.Event(), (0, 0, "", 0)

    def advance(done: int, total: int, told: str = "", resumed: int = 0) -> None:
        nonlocal reached
        reached = done, total, told, resumed

    def tell() -> None:
        while not ended.wait(_SILENT_SECONDS):
            note(_line(what, *reached, time.monotonic() - began))

    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    try:
        yield advance
    finally:
        ended.set()
        telling.join()


def _line(what: str, done: int, total: int, told: str, resumed: int, seconds: float) -> str:
    """How far it is, with rate and time left: ``samples: 300 of 900 after 60 s, 5.0/s, 120 s left; 2 bad``."""
    line = f"{what}: {f'{done:,} of {total:,}' if total else 'not begun'} after {seconds:,.0f} s"
    if made := done - resumed:
        line += f", {made / seconds:,.1f}/s, {(total - done) * seconds / made:,.0f} s left"
    return f"{line}; {told}" if told else line


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
    return Progress(*columns, console=console(sys.stderr), transient=True)
