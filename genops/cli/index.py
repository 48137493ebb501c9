"""``genops index``: builds, compares, selects and searches index snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli.options import AsJson, IndexName
from genops.cli.output import listing, note, one_line, say, say_json, verdict
from genops.cli.progress import progress_bar
from genops.cli.project import opened

if TYPE_CHECKING:
    from genops.settings import Settings

app = typer.Typer(help="Build and search indexes of documents.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def build(name: IndexName) -> None:
    """Build an index from its sources and put it in use. Does nothing when nothing changed."""
    from genops.retrieval import build_index
    from genops.tracing.quantities import counted

    with opened() as project, progress_bar("embedding passages") as advance:
        snapshot = build_index(project.settings, name, advance)
    manifest = snapshot.manifest
    note(f"{name}: {counted(manifest.chunks, 'passage')} of {counted(manifest.documents, 'document')}")
    say(f"{name}#{snapshot.digest[:12]}")


@app.command("list")
def list_indexes(as_json: AsJson = False) -> None:
    """List the indexes of the settings and their snapshots."""
    with opened() as project:
        rows = _snapshots(project.settings)
    if not as_json:
        for row in rows:
            row["snapshot"] = row["snapshot"][:12] if row["snapshot"] else None
    columns = ("name", "snapshot", "in_use", "built", "documents", "passages")
    listing(columns, rows, as_json=as_json, right=("documents", "passages"), empty="the settings name no index")


def _snapshots(settings: Settings) -> list[dict[str, Any]]:
    """A row for each snapshot, or one without a snapshot for an index that was not built."""
    from genops.retrieval import current_digest, list_snapshots

    rows: list[dict[str, Any]] = []
    for name in sorted(settings.indexes):
        current = current_digest(settings, name)
        found = [
            {
                "name": name,
                "snapshot": snapshot.digest,
                "in_use": snapshot.digest == current,
                "built": snapshot.manifest.built_at,
                "documents": snapshot.manifest.documents,
                "passages": snapshot.manifest.chunks,
            }
            for snapshot in list_snapshots(settings, name)
        ]
        nothing = {"name": name, "snapshot": None, "in_use": False, "built": None, "documents": None, "passages": None}
        rows += found or [nothing]
    return rows


@app.command()
def status(name: IndexName, as_json: AsJson = False) -> None:
    """Compare an index with its sources.

    The exit code is 1 when it is stale or was not built.
    """
    from dataclasses import asdict

    from genops.retrieval import status as compare

    with opened() as project:
        found = compare(project.settings, name)
    if as_json:
        say_json({**asdict(found), "fresh": found.fresh})
    else:
        say(f"{name}: {'fresh' if found.fresh else 'stale' if found.snapshot else 'not built'}")
        for word in ("added", "removed", "changed"):
            for uri in getattr(found, word):
                say(f"  {word} {one_line(uri)}")
        if found.settings_changed:
            say("  its chunker or embedder was changed")
    raise typer.Exit(verdict(found.fresh))


@app.command()
def use(
    name: IndexName, digest: Annotated[str, typer.Argument(metavar="DIGEST", help="Of a snapshot, or its beginning.")]
) -> None:
    """Put another snapshot in use."""
    from genops.retrieval import use_snapshot

    with opened() as project:
        snapshot = use_snapshot(project.settings, name, digest.rpartition("#")[2])
    say(f"{name}#{snapshot.digest[:12]}")


@app.command()
def search(
    name: IndexName,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to search for.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many passages.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Search an index; print the passages, best first."""
    from dataclasses import asdict

    from genops.artifacts import Reference
    from genops.retrieval import open_index

    reference = Reference.parse(name)
    with opened() as project:
        hits = open_index(project.settings, reference.name, reference.selector or None).search(query, k)
    if as_json:
        say_json([asdict(hit) for hit in hits])
        return
    for hit in hits:
        say(f"[{hit.rank}] {hit.score:.3f}  {hit.uri}:{hit.start}-{hit.end}  {one_line(hit.heading)}")
        say("    " + hit.text.strip().replace("\n", "\n    ") + "\n")
