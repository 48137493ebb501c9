"""``genops monitor deliveries``: messages that wait to be accepted, and what becomes of those that never will be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli.confirmation import make_sure
from genops.cli.options import AsJson, Yes
from genops.cli.output import listing, note
from genops.cli.project import opened_store
from genops.errors import ReferenceNotFound, UsageError
from genops.tracing.moments import shown_moment
from genops.tracing.quantities import counted

if TYPE_CHECKING:
    from genops.store import Store
    from genops.store.records.alerts import DeliveryRecord

_ALL = 1_000_000
_COLUMNS = ("id", "monitor", "channel", "rule", "written", "attempts", "next", "error")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("deliveries")(deliveries)


def deliveries(
    messages: Annotated[
        list[str] | None, typer.Argument(metavar="[MESSAGE]...", help="Ids, or their beginnings.", show_default=False)
    ] = None,
    monitor: Annotated[str | None, typer.Option("--monitor", metavar="NAME", help="Of this monitor.")] = None,
    channel: Annotated[str | None, typer.Option("--channel", metavar="NAME", help="To this channel.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Accepted ones too.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Delete those that wait, and list what was deleted.")] = False,
    yes: Yes = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, at most.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List messages that wait to be accepted, oldest first.

    One to a channel that its monitor has no longer waits for ever: it is told as such, and --drop deletes it.
    """
    from genops.monitoring.doubts import unreachable
    from genops.settings import load_settings

    if drop and not (messages or monitor or channel):
        raise UsageError("--drop: say which messages", hint="give ids, --channel NAME or --monitor NAME")
    if drop and every:
        raise UsageError("--drop is for messages that wait", hint="accepted ones go by themselves (`keep`)")
    with opened_store() as store:
        found = store.deliveries(
            accepted=None if every else False,
            monitor=monitor,
            channel=channel,
            limit=_ALL if drop or messages else limit,
        )
        found = _chosen(found, messages)
        never = unreachable(load_settings(), store.count_waiting())
        if drop:
            found = _dropped(store, found, yes)
    rows = [_row(one, never) for one in found]
    listing(_COLUMNS, rows, as_json=as_json, right=("attempts",), empty="no message waits")
    if drop:
        if found:
            note(f"{counted(len(found), 'message')} deleted; nobody will be told")
        return
    for why in {never[one.monitor, one.channel] for one in found if (one.monitor, one.channel) in never}:
        note(why)


def _chosen(found: list[DeliveryRecord], messages: list[str] | None) -> list[DeliveryRecord]:
    """The messages of some ids.

    Raises:
        ReferenceNotFound: There is none of an id.
    """
    for identity in messages or ():
        if not any(one.id.startswith(identity) for one in found):
            raise ReferenceNotFound(f"no such message waits: {identity!r}", hint="`genops monitor deliveries`")
    return [one for one in found if not messages or one.id.startswith(tuple(messages))]


def _dropped(store: Store, found: list[DeliveryRecord], yes: bool) -> list[DeliveryRecord]:
    """What was deleted: not what was accepted meanwhile."""
    if found:
        make_sure(f"Delete {counted(len(found), 'message')}, of which nobody will be told?", yes)
    gone = set(store.drop_deliveries([one.id for one in found]))
    return [one for one in found if one.id in gone]


def _row(one: DeliveryRecord, never: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    waits = "never" if (one.monitor, one.channel) in never else shown_moment(one.due)
    return {
        "id": one.id[:12],
        "monitor": one.monitor,
        "channel": one.channel,
        "rule": one.rule,
        "written": shown_moment(one.created),
        "attempts": one.attempts,
        "next": "accepted" if one.accepted else waits,
        "error": one.error,
        "message": one.body,
    }
