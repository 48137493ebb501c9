"""``publish``, ``label``, ``rollback``, ``log`` and ``diff``: the same for chains and prompt templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli.complete import chain_names, prompt_names
from genops.cli.options import AsJson
from genops.cli.output import listing, note, printable, say, say_json
from genops.cli.project import opened
from genops.tracing.moments import shown_moment

if TYPE_CHECKING:
    from genops.registry import ComponentDiff, Kind
    from genops.registry import Version as PublishedVersion
    from genops.store import LabelMove


def register(app: typer.Typer) -> None:
    """Adds the commands to a group that is called ``chain`` or ``prompt``."""
    for command in (publish, label, rollback, log, diff):
        app.command()(command)


def _names(ctx: typer.Context, incomplete: str) -> list[str]:
    return chain_names(incomplete) if _kind(ctx) == "chain" else prompt_names(incomplete)


def _kind(ctx: typer.Context) -> Kind:
    return "chain" if ctx.parent is not None and ctx.parent.info_name == "chain" else "prompt"


Name = Annotated[str, typer.Argument(metavar="NAME", help="What was published.", autocompletion=_names)]
Version = Annotated[str, typer.Argument(metavar="NAME@VERSION", help="Which version.", autocompletion=_names)]
Message = Annotated[str, typer.Option("--message", "-m", metavar="TEXT", help="Why.")]


def publish(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to publish.", autocompletion=_names)],
    message: Message,
) -> None:
    """Publish the working tree's version under the next number.

    Everything that it refers to is kept with it.
    """
    from genops.executor.publication import publish as published

    with opened() as project:
        version = published(project, _kind(ctx), name, message)
    if not version.new:
        note("nothing changed since it was published")
    say(str(version))


def label(
    ctx: typer.Context,
    version: Version,
    label: Annotated[str, typer.Argument(metavar="LABEL", help="A name that moves, such as production.")],
    message: Message = "",
) -> None:
    """Point a label to a version."""
    from genops.artifacts import Reference
    from genops.errors import UsageError
    from genops.registry import label as move
    from genops.registry import resolve

    with opened() as project:
        parsed = Reference.parse(version)
        found = resolve(project.store, parsed, _kind(ctx))
        if found.number is None:
            raise UsageError(f"{version} was run and never published", hint="publish it first")
        move(project.store, _kind(ctx), parsed.name, label, found.number, message)
    say(f"{parsed.name}@{label} -> {found}")


def rollback(
    ctx: typer.Context,
    name: Name,
    label: Annotated[str, typer.Argument(metavar="LABEL", help="The label to move back.")],
    to: Annotated[int | None, typer.Option(min=1, help="A version that it pointed to; default the one before.")] = None,
    message: Message = "",
) -> None:
    """Point a label back to what it pointed to before."""
    from genops.registry import rollback as back

    with opened() as project:
        moved = back(project.store, _kind(ctx), name, label, to, message)
    say(f"{name}@{label} -> {name}@{moved.version}")


def log(ctx: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """List versions and moves of labels, newest first."""
    from dataclasses import asdict

    from genops.registry import history
    from genops.registry import log as versions

    with opened() as project:
        published = versions(project.store, _kind(ctx), name)
        moves = history(project.store, _kind(ctx), name)[::-1]
    if as_json:
        say_json({"versions": [asdict(version) for version in published], "labels": [asdict(move) for move in moves]})
        return
    rows: list[dict[str, Any]] = [
        {"version": str(version), "digest": version.digest[:12], "labels": version.labels, **_why(version)}
        for version in published
    ]
    listing(("version", "digest", "labels", "when", "who", "why"), rows, as_json=False)
    if moves:
        say("")
        moved = [{"label": move.label, "to": f"{name}@{move.version}", **_why(move)} for move in moves]
        listing(("label", "to", "when", "who", "why"), moved, as_json=False)


def _why(record: PublishedVersion | LabelMove) -> dict[str, str]:
    return {"when": shown_moment(record.created), "who": record.author, "why": record.message}


def diff(
    ctx: typer.Context,
    a: Annotated[str, typer.Argument(metavar="A", help="A reference.", autocompletion=_names)],
    b: Annotated[
        str | None, typer.Argument(metavar="B", help="Another; default the working tree.", autocompletion=_names)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what changed from one version to another.

    That is in everything that it refers to.
    """
    from dataclasses import asdict

    from genops.artifacts import Reference
    from genops.executor.publication import closure_of
    from genops.registry import diff as differences

    with opened() as project:
        sides = (a, b or Reference.parse(a).name)
        before, after = (closure_of(project, _kind(ctx), side)[1] for side in sides)
    found = differences(before, after)
    if as_json:
        say_json([asdict(change) for change in found])
    elif not found:
        note("no difference")
    for change in () if as_json else found:
        _show(change)


def _show(change: ComponentDiff) -> None:
    digests = " -> ".join(digest[:12] for digest in (change.before, change.after) if digest)
    say(printable(f"{change.change} {change.kind} {change.name} ({digests})"))
    for line in change.lines:
        say(printable(f"  {line}"))
