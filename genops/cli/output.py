"""What commands print: results on stdout, everything about them on stderr, both safe for any text."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from genops.durable import replacing
from genops.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


def prepare_streams() -> None:
    """Makes stdout and stderr take every text: what they cannot encode is written as an escape.

    One that the shell closed (``>&-``) leads nowhere: else the next file that is opened would take its number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def close_stdout(code: int) -> int:
    """Flushes stdout and gives the exit code; a reader that has gone away is no error, a full disk is one."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            note(f"error: {error.strerror}")
            return ExitCode.UNFINISHED
    return code


def printable(text: str) -> str:
    """The text with control characters as visible escapes, so that data cannot steer a terminal."""
    if text.isprintable():
        return text
    from genops.tracing.readable import visible

    return visible(text)


def say(text: str, *, end: str = "\n") -> None:
    """A text on stdout: as it is when piped, with control characters made visible on a terminal."""
    sys.stdout.write((printable(text) if sys.stdout.isatty() else text) + end)


def note(text: str) -> None:
    """A line on stderr. Where nobody reads it any more, the command goes on: its exit code still tells how it ended."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:  # a pipe that was closed, a terminal that is gone
        with suppress(OSError):  # captured by a test, it has no number
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


@contextmanager
def going_on() -> Iterator[None]:
    """For what is shown before the verdict is given as the exit code: neither depends on whether somebody reads it."""
    with suppress(BrokenPipeError):
        yield


def say_json(value: Any) -> None:
    """A value on stdout as indented JSON."""
    say(json_text(value))


def json_text(value: Any) -> str:
    """A value as indented JSON; characters beyond ASCII as themselves where stdout can hold them."""
    unicode_out = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return json.dumps(value, indent=2, ensure_ascii=not unicode_out)


def say_output(value: Any) -> None:
    """A run's output on stdout: text as text, everything else as JSON."""
    from genops.artifacts import json_form

    if isinstance(value, str):
        say(value, end="" if value.endswith("\n") else "\n")
    else:
        say_json(json_form(value))


def console(stream: TextIO | None = None) -> Console:
    """A rich console that takes data literally; stdout by default."""
    from genops.tracing.console import LiteralConsole

    return LiteralConsole(stream or sys.stdout)


def show(renderable: RenderableType) -> None:
    """Something of rich's on stdout; piped, nothing of it is cut or wrapped."""
    out = console()
    out.print(renderable, soft_wrap=not out.is_terminal)


def one_line(text: str) -> str:
    """The text on one line, with control characters as visible escapes."""
    return printable(" ".join(text.split()))


def listing(
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    *,
    as_json: bool,
    right: Iterable[str] = (),
    empty: str = "",
) -> None:
    """A listing: a table of some columns for people, or all fields as JSON.

    Args:
        columns: Shown to people, in this order.
        rows: By column.
        as_json: Whether JSON is wanted.
        right: Columns of numbers, aligned to the right.
        empty: What stderr says when there is nothing to list.
    """
    records = list(rows)
    if as_json:
        say_json([dict(record) for record in records])
    elif records:
        _table(columns, records, set(right))
    elif empty:
        note(empty)


def _table(columns: Sequence[str], records: list[Mapping[str, Any]], right: set[str]) -> None:
    """On a narrow terminal the last column, which holds the longest texts, gives way."""
    from rich.table import Table
    from rich.text import Text

    from genops.tracing.console import uncut

    grid = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        justify: Literal["right", "left"] = "right" if name in right else "left"
        grid.add_column(name.replace("_", " ").upper(), justify=justify, no_wrap=name != columns[-1])
    for record in records:
        cells = (one_line(_cell(record[name])) for name in columns)
        grid.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in cells))
    uncut(sys.stdout).print(grid)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value)
    return str(value)


@contextmanager
def out_file(path: Path | None) -> Iterator[TextIO]:
    """Where a result goes: stdout for None and ``-``, else a file that gets its name when it is whole.

    A device or a pipe (``/dev/null``, ``>(gzip)``) is written to as it is, and a link leads to its file.
    """
    if path is None or str(path) == "-":
        yield sys.stdout
        return
    refuse_unwritable(path)
    if path.exists() and not path.is_file():
        with _opened_text(path) as stream:
            yield stream
        return
    with replacing(path) as part, _opened_text(part) as stream:
        yield stream


def refuse_unwritable(path: Path) -> None:
    """Refuses what cannot be the name of a file.

    Raises:
        UsageError: Its folder does not exist, or it is a folder.
    """
    if not path.parent.is_dir() or path.is_dir():
        raise UsageError(f"cannot write {path}", hint="give the name of a file in a folder that exists")


def _opened_text(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", errors="backslashreplace", newline="\n")


def verdict(good: bool) -> int:
    """The exit code of a verdict."""
    return ExitCode.OK if good else ExitCode.BAD_VERDICT
