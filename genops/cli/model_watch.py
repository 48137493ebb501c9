"""``genops model watch``: what the servers of an alias say of themselves, as they say it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.options import AsJson
from genops.cli.output import note, say, say_json, show
from genops.cli.project import opened_store, settings_here
from genops.errors import ExitCode
from genops.tracing.moments import shown_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.table import Table

    from genops.serving.metrics.watch import Look, Watch

_ROWS = {
    "running": "running",
    "waiting": "waiting",
    "kv_usage": "KV cache in use",
    "prefix_hit_rate": "prefix cache hits",
    "preemptions": "preemptions",
    "ttft_p50": "first token p50",
    "ttft_p95": "first token p95",
    "inter_token_p50": "inter-token p50",
    "inter_token_p95": "inter-token p95",
    "input_tokens": "input tokens",
    "output_tokens": "output tokens",
    "requests": "requests ended",
    "failed": "failed",
    "aborted": "aborted",
    "rejected": "rejected",
    "server_errors": "answers 5xx",
}


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("watch")(watch)


def watch(
    alias: Annotated[str, typer.Argument(metavar="ALIAS", help="A model alias of the settings.")],
    every: Annotated[float, typer.Option("--every", metavar="S", min=0.1, help="Seconds between two looks.")] = 2.0,
    span: Annotated[
        float, typer.Option("--window", metavar="S", min=0.1, help="Seconds that rates and quantiles are of.")
    ] = 60.0,
    once: Annotated[bool, typer.Option("--once", help="Look twice, once after the other, and end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what the servers of an alias do: requests, KV cache, latencies, tokens, errors; every look is kept.

    A figure that a server does not tell is a dash, never 0. With --once the exit code is 4 where no server answered
    with figures.
    """
    import asyncio

    from genops.serving.metrics.watch import Watch

    settings = settings_here()
    with opened_store() as store:
        watching = Watch(settings, store, alias, span=span, timeout=max(every, 5.0))
        if once:
            looks = asyncio.run(_twice(watching, every))
            say_json([look.to_json() for look in looks]) if as_json else _tell(looks)
            raise typer.Exit(int(ExitCode.OK if any(look.state == "ok" for look in looks) else ExitCode.UNFINISHED))
        with _screen(as_json) as shown:
            asyncio.run(_follow(watching, every, shown))


async def _twice(watching: Watch, every: float) -> list[Look]:
    """Two looks: a rate is of the time between two."""
    import asyncio

    await watching.look()
    await asyncio.sleep(every)
    return await watching.look()


async def _follow(watching: Watch, every: float, shown: Callable[[Sequence[Look]], None]) -> None:
    import asyncio

    while True:
        shown(await watching.look())
        await asyncio.sleep(every)


@contextmanager
def _screen(as_json: bool) -> Iterator[Callable[[Sequence[Look]], None]]:
    """Gives what shows a look: in its place on a terminal, one after the other elsewhere."""
    if as_json or not sys.stdout.isatty():
        yield _line_by_line if as_json else _tell
        return
    from rich.live import Live

    from genops.cli.output import console

    with Live(console=console(), auto_refresh=False) as live:
        yield lambda looks: live.update(_table(looks), refresh=True)


def _line_by_line(looks: Sequence[Look]) -> None:
    import json

    for look in looks:
        say(json.dumps({"at": look.at, **look.to_json()}))
    sys.stdout.flush()


def _tell(looks: Sequence[Look]) -> None:
    show(_table(looks))
    for look in looks:
        if look.why:
            note(f"{look.server.name}: {look.why}")


def _table(looks: Sequence[Look]) -> Table:
    """Figures by server, each with its interval and how much it rests on."""
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold", title_justify="left")
    grid.title = shown_moment(max(look.at for look in looks))
    grid.add_column("", no_wrap=True)
    for look in looks:
        grid.add_column(look.server.name, justify="right")
    grid.add_row("state", *(Text(_state(look)) for look in looks))
    grid.add_row("window", *(_window(look) for look in looks))
    for name, title in _ROWS.items():
        if any(name in look.figures for look in looks):
            grid.add_row(title, *(_cell(look, name) for look in looks))
    return grid


def _state(look: Look) -> str:
    told = "" if look.server.state in ("", "ready") else f", {look.server.state}"
    again = f", restarted {look.restarts} times" if look.restarts > 1 else ", restarted" if look.restarts else ""
    return f"{look.state}{told}{again}"


def _window(look: Look) -> str:
    from genops.tracing.quantities import seconds

    if look.window is None:
        return "-"
    return "first reading" if look.window.seconds is None else seconds(look.window.seconds)


def _cell(look: Look, name: str) -> str:
    from genops.serving.wording import figure

    measure = look.figures.get(name)
    return "-" if measure is None else figure(measure)
