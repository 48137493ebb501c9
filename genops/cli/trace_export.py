"""``genops trace export``: traces as JSON lines or OTLP JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from genops.cli.options import OutFile
from genops.cli.output import note, out_file
from genops.cli.project import opened_store, settings_here
from genops.cli.trace_filters import (
    ChainName,
    ComponentDigest,
    MaxLatency,
    MinCost,
    MinLatency,
    OfSession,
    OfUser,
    Since,
    Status,
    Tag,
    Text,
    Until,
    find_runs,
    run_filter,
)

if TYPE_CHECKING:
    from genops.store import RunRecord, Store


class Format(StrEnum):
    """What a line of the export is."""

    jsonl = "jsonl"
    otlp = "otlp"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("export")(export)


def export(
    traces: Annotated[
        list[str] | None, typer.Argument(metavar="TRACE", help="Ids or their beginnings; none for all that fit.")
    ] = None,
    chain: ChainName = None,
    status: Status = None,
    since: Since = None,
    until: Until = None,
    min_latency: MinLatency = None,
    max_latency: MaxLatency = None,
    min_cost: MinCost = None,
    text: Text = None,
    component: ComponentDigest = None,
    session: OfSession = None,
    user: OfUser = None,
    tag: Tag = None,
    form: Annotated[Format, typer.Option("--format", help="JSON lines, or OTLP JSON.")] = Format.jsonl,
    out: OutFile = None,
) -> None:
    """Export traces with their values, a JSON document a line.

    A line of `jsonl` is {"run", "spans", "payloads"}, the payloads by digest; a line of `otlp` is one
    ExportTraceServiceRequest.
    """
    from genops.tracing.quantities import counted

    wanted = run_filter(
        chain, status, since, until, min_latency, max_latency, min_cost, text, component, session, user, tag
    )
    with opened_store() as store, out_file(out) as stream:
        runs = find_runs(store, traces) if traces else store.iter_runs(wanted)
        count = _write(store, runs, form, stream, capture_content=settings_here().capture_content)
    note(f"exported {counted(count, 'trace')}")


def _write(store: Store, runs: Iterable[RunRecord], form: Format, stream: TextIO, *, capture_content: bool) -> int:
    from genops.tracing.otlp_json import otlp_json

    count = 0
    for run in runs:
        if form is Format.otlp:
            line = otlp_json(run, store.spans(run.id), store.payload, capture_content=capture_content)
        else:
            line = _document(store, run)
        stream.write(json.dumps(line, separators=(",", ":")) + "\n")
        count += 1
    return count


def _document(store: Store, run: RunRecord) -> dict[str, Any]:
    from genops.artifacts import json_form
    from genops.tracing.trace import Trace

    trace = Trace(run, store.spans(run.id), store)
    digests = {digest for record in (asdict(run), *map(asdict, trace.spans)) for digest in _payloads(record)}
    payloads = {digest: json_form(trace.value(digest)) for digest in sorted(digests)}
    return {"run": asdict(run), "spans": [asdict(span) for span in trace.spans], "payloads": payloads}


def _payloads(record: dict[str, Any]) -> Iterable[str]:
    for name in ("inputs", "input", "output"):
        if record.get(name):
            yield record[name]
    for operation in record.get("patch") or ():
        value = operation.get("value")
        if isinstance(value, dict) and set(value) == {"$payload"}:
            yield value["$payload"]
