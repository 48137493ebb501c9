"""``genops model serve``, ``list``, ``stop`` and ``logs``: servers of models, from their start to their end."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.complete import served_aliases
from genops.cli.options import AsJson
from genops.cli.output import listing, note, one_line, printable, say
from genops.cli.project import opened_store, settings_here
from genops.errors import ExitCode, ReferenceNotFound, Unfinished
from genops.tracing.moments import shown_moment

if TYPE_CHECKING:
    from genops.serving.supervisor.plan import Told
    from genops.settings import Settings
    from genops.store.records.serving import ServedRecord
    from genops.vllm_settings import VllmSettings

Alias = Annotated[
    str, typer.Argument(metavar="ALIAS", help="A model alias of the settings.", autocompletion=served_aliases)
]
_COLUMNS = ("alias", "replica", "state", "phase", "since", "restarts", "url", "adapters", "reason")


def register(app: typer.Typer) -> None:
    """Adds the commands to their group."""
    app.command("serve")(serve)
    app.command("list")(list_servers)
    app.command("stop")(stop)
    app.command("logs")(logs)


def serve(
    alias: Alias,
    check: Annotated[bool, typer.Option("--check/--no-check", help="Look at the model's files first.")] = True,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Go on in the background once it is ready.")] = False,
) -> None:
    """Start the servers of an alias, and keep them at work until Ctrl-C.

    A server is ready when it has answered for real. A crash is followed by another start. The first Ctrl-C lets the
    requests under way finish, the second does not.
    """
    from genops.serving import supervisor

    settings = settings_here()
    if check:
        _check(settings, alias)
    if detach:
        from genops.serving.supervisor.detached import start_detached

        with opened_store() as store:
            for record in start_detached(settings, store, alias, lambda line: note(printable(line))):
                say(record.url)
        note(f"`genops model stop {alias}` stops it")
        return
    with opened_store() as store:
        drained = supervisor.serve(settings, store, alias, _tell(alias, settings.alias(alias).vllm))
    raise typer.Exit(0 if drained else int(ExitCode.INTERRUPTED))


def list_servers(
    every: Annotated[bool, typer.Option("--all", help="Those that have ended too.")] = False, as_json: AsJson = False
) -> None:
    """List the servers that live; what is left of dead supervisors is ended first."""
    from dataclasses import asdict

    from genops.serving.supervisor import settle

    settings = settings_here()
    with opened_store() as store:
        for gone in settle(settings, store):
            note(printable(f"{gone.alias}, replica {gone.replica}: {gone.reason}; its record is ended"))
        records = store.served(live=not every)
    rows = [asdict(record) if as_json else _row(record) for record in records]
    listing(_COLUMNS, rows, as_json=as_json, right=("replica", "restarts"), empty="nothing is served")


def stop(
    alias: Alias,
    now: Annotated[bool, typer.Option("--now", help="Do not wait for the requests under way.")] = False,
) -> None:
    """Stop the servers of an alias: requests under way may finish, new ones go nowhere."""
    from genops.serving.supervisor.stopping import stop as stopped

    settings = settings_here()
    with opened_store() as store:
        records = stopped(settings, store, alias, now=now)
    note(f"{alias}: {len(records)} server{'' if len(records) == 1 else 's'} stopped")


def logs(
    alias: Alias,
    replica: Annotated[int, typer.Option(min=0, help="Which of its servers.")] = 0,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of the last ones.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl-C.")] = False,
) -> None:
    """Print what a server wrote last."""
    from genops.serving.supervisor.logs import lines_of

    with opened_store() as store:
        records = [one for one in store.served(alias, live=False) if one.replica == replica]
    if not records:
        raise ReferenceNotFound(f"no server {replica} of {alias!r} was ever started", hint="see genops model list")
    path = Path(max(records, key=lambda one: one.started).log)
    if not path.is_file():
        raise Unfinished(f"the log {path} is not on this machine")
    for line in lines_of(path, lines, follow=follow):
        say(line)
        if follow:
            sys.stdout.flush()


def _check(settings: Settings, alias: str) -> None:
    """Shows what a preflight finds, and ends the command where the model would fail."""
    from genops.serving.preflight import preflight

    found = preflight(settings, alias)
    for one in found.findings:
        if one.severity != "note":
            note(printable(f"{one.severity}: {one.message}" + (f": {one.hint}" if one.hint else "")))
    if found.faulty:
        note(f"`genops model check {alias}` shows all of it; --no-check starts nevertheless")
        raise typer.Exit(int(ExitCode.BAD_VERDICT))


def _tell(alias: str, block: VllmSettings | None) -> Told:
    many = block is not None and block.replicas > 1

    def tell(replica: int, line: str) -> None:
        who = f"{alias}, replica {replica}" if many else alias
        note(printable(f"{shown_moment(time.time_ns())}  {who}: {line}"))

    return tell


def _row(record: ServedRecord) -> dict[str, object]:
    return {
        "alias": record.alias,
        "replica": record.replica,
        "state": record.state,
        "phase": record.phase,
        "since": shown_moment(record.started),
        "restarts": record.restarts,
        "url": record.url,
        "adapters": sorted(record.adapters),
        "reason": one_line(record.reason),
    }
