"""``genops index``: builds, compares, selects and searches index snapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli import index_quality
from genops.cli.options import AsJson, IndexName
from genops.cli.output import going_on, listing, note, one_line, say, say_json, verdict
from genops.cli.progress import progress_bar
from genops.cli.project import opened

if TYPE_CHECKING:
    from genops.retrieval import Published
    from genops.retrieval.compare import ChunkDiff
    from genops.retrieval.snapshots.manifest import Manifest
    from genops.retrieval.status import IndexStatus
    from genops.settings import Settings

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.command()(index_quality.bench)
app.command("eval")(index_quality.evaluate)

DigestName = Annotated[str, typer.Argument(metavar="DIGEST", help="Of a snapshot, or its beginning.")]


@app.command()
def build(
    name: IndexName,
    compact: Annotated[bool, typer.Option("--compact", help="Rewrite everything into one segment.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Build again whenever a source changes, until Ctrl-C.")
    ] = False,
) -> None:
    """Build an index and put it in use.

    Only documents that changed are read, cut and embedded.
    """
    from genops.retrieval import build_index

    with opened() as project:
        if watch:
            _watch(project.settings, name)
            return
        with progress_bar("embedding passages") as advance:
            snapshot = build_index(project.settings, name, compact=compact, progress=advance)
    _say_built(snapshot)


def _watch(settings: Settings, name: str) -> None:
    from genops.errors import GenopsError
    from genops.retrieval.watch import watch_index

    for outcome in watch_index(settings, name, lambda: progress_bar("embedding passages")):
        if isinstance(outcome, GenopsError):
            note(f"error: {outcome}")
        else:
            _say_built(outcome)


def _say_built(snapshot: Published) -> None:
    from genops.tracing.quantities import counted

    manifest = snapshot.manifest
    for warning in manifest.warnings:
        note(f"warning: {warning}")
    note(f"{snapshot.name}: {counted(manifest.chunks, 'passage')} of {counted(manifest.documents, 'document')}")
    say(f"{snapshot.name}#{snapshot.digest[:12]}")


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
def show(name: IndexName, as_json: AsJson = False) -> None:
    """Show what a snapshot was built from.

    NAME is the one in use, NAME#DIGEST another.
    """
    from genops.retrieval import snapshot_history
    from genops.tracing.quantities import counted

    with opened() as project:
        snapshot = _found(project.settings, name)
        uses = [use for use in snapshot_history(project.settings, snapshot.name) if use.digest == snapshot.digest]
    manifest, identity = snapshot.manifest, snapshot.manifest.identity
    if as_json:
        say_json({**manifest.model_dump(mode="json"), "uses": [{"at": use.at, "action": use.action} for use in uses]})
        return
    chunker, segments = identity.chunker, manifest.segments
    size = sum(entry.size for entry in manifest.files.values())
    say(f"{snapshot.name}#{snapshot.digest}")
    in_use = ", ".join(f"{use.at} ({use.action})" for use in uses) or "never"
    passages, documents = counted(manifest.chunks, "passage"), counted(manifest.documents, "document")
    say(f"  built      {manifest.built_at}, put in use {in_use}")
    say(f"  holds      {passages} of {documents}, {size:,} bytes")
    for segment in segments:
        gone = f", {counted(len(segment.deleted), 'tombstone')}" if segment.deleted else ""
        say(f"  segment    {segment.kind}: {counted(segment.chunks, 'passage')}{gone}")
    say(f"  vectors    {manifest.dimension} numbers, compared by {identity.metric}")
    say(f"  canaries   {_canaries(manifest)}")
    say(f"  embedder   {', '.join(f'{key} {str(value)[:40]}' for key, value in identity.embedder.items())}")
    say(f"  chunker    {chunker.name}, {chunker.tokens} tokens, {chunker.overlap} shared")
    words = (identity.analyzer or {}).items()
    say(f"  words      {', '.join(f'{key} {str(value)[:40]}' for key, value in words) or 'none'}")
    how = identity.search.model_dump(exclude_none=True)
    say(f"  search     {', '.join(f'{key} {value}' for key, value in how.items())}")
    if identity.reranker is not None:
        say(f"  reranker   {', '.join(f'{key} {value[:40]}' for key, value in identity.reranker.items())}")
    say(f"  metadata   {', '.join(f'{key}: {kind}' for key, kind in manifest.metadata.items()) or 'none'}")
    for warning in manifest.warnings:
        say(f"  warning    {warning}")


def _canaries(manifest: Manifest) -> str:
    """How many there are, and how far the embedder's vectors may be from theirs."""
    from genops.retrieval.search.sameness import CANARY_TOLERANCE
    from genops.tracing.quantities import counted

    return f"{counted(len(manifest.canaries), 'text')}, each within a cosine distance of {CANARY_TOLERANCE:g}"


def _found(settings: Settings, name: str) -> Published:
    from genops.artifacts import Reference
    from genops.retrieval import find_snapshot

    reference = Reference.parse(name)
    return find_snapshot(settings, reference.name, reference.selector or None)


@app.command()
def status(name: IndexName, as_json: AsJson = False) -> None:
    """Compare an index with its sources.

    The exit code is 1 when it is stale or was not built.
    """
    from dataclasses import asdict

    from genops.retrieval import status as compare

    with opened() as project:
        found = compare(project.settings, name)
    with going_on():
        if as_json:
            say_json({**asdict(found), "fresh": found.fresh})
        else:
            _say_status(found)
    raise typer.Exit(verdict(found.fresh))


def _say_status(found: IndexStatus) -> None:
    say(f"{found.name}: {'fresh' if found.fresh else 'stale' if found.snapshot else 'not built'}")
    for word in ("added", "removed", "changed", "expired"):
        for uri in getattr(found, word):
            say(f"  {word} {one_line(uri)}")
    if found.settings_changed:
        say("  its settings were changed")
    for warning in found.warnings:
        say(f"  warning: {warning}")


@app.command()
def use(name: IndexName, digest: DigestName) -> None:
    """Put another snapshot in use."""
    from genops.retrieval import use_snapshot

    with opened() as project:
        snapshot = use_snapshot(project.settings, name, digest.rpartition("#")[2])
    say(f"{name}#{snapshot.digest[:12]}")


@app.command()
def rollback(name: IndexName) -> None:
    """Put the snapshot before this one in use.

    Again goes back further.
    """
    from genops.retrieval import rollback_index

    with opened() as project:
        snapshot = rollback_index(project.settings, name)
    say(f"{name}#{snapshot.digest[:12]}")


@app.command()
def verify(name: IndexName) -> None:
    """Check a snapshot and its models.

    Every byte is compared with the manifest's hashes, the embedder's vectors of known texts, the canaries, with those
    in the manifest, and a cross-encoder's folder with its hashes.
    """
    from genops.retrieval import open_index

    with opened() as project:
        snapshot = _found(project.settings, name)
        intact = snapshot.verify(again=True)
        index = open_index(project.settings, snapshot.name, snapshot.digest)
        index.check_embedder()
        index.check_reranker()
    same = f"embedder the same ({_canaries(snapshot.manifest)})"
    say(f"{snapshot.name}#{snapshot.digest[:12]}: {intact} intact, {same}")


@app.command()
def gc(
    name: IndexName,
    keep: Annotated[int, typer.Option(min=1, help="Snapshots to keep, the one in use among them.")] = 3,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
) -> None:
    """Remove snapshots that are not needed.

    Those in use, the last ones, those of published versions, and those that a lock file names stay.
    """
    from genops.artifacts import locked_digests
    from genops.retrieval import collect_garbage
    from genops.tracing.quantities import counted

    with opened() as project:
        settings = project.settings
        locked = locked_digests(settings.root / settings.paths.chains, "index")
        pinned = project.store.published_digests("index") | locked
        removed = collect_garbage(settings, name, keep=keep, pinned=pinned, dry_run=dry_run)
    for digest in removed.snapshots:
        say(f"{name}#{digest[:12]}")
    would = "would remove" if dry_run else "removed"
    freed = "" if removed.bytes is None else f", {removed.bytes:,} bytes"
    still = f"; {len(removed.open)} more when no process has them open" if removed.open else ""
    note(f"{would} {counted(len(removed.snapshots), 'snapshot')}{freed}{still}")


@app.command()
def diff(
    name: IndexName,
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="Digest of the earlier snapshot.")],
    after: Annotated[str | None, typer.Argument(metavar="AFTER", help="Of the later; default the one in use.")] = None,
    query: Annotated[str | None, typer.Option(help="Compare what is found for this, passage by passage.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many passages.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Compare two snapshots of an index.

    By their documents, or with --query by what is found in each.
    """
    from dataclasses import asdict

    from genops.retrieval import find_snapshot, open_index
    from genops.retrieval.compare import compare_documents, compare_hits

    earlier, later = before.rpartition("#")[2], after.rpartition("#")[2] if after else None
    with opened() as project:
        if query is None:
            was, now = (find_snapshot(project.settings, name, digest) for digest in (earlier, later))
            documents = compare_documents(was, now)
        else:
            old, new = (open_index(project.settings, name, digest) for digest in (earlier, later))
            chunks = compare_hits(old, new, query, k)
    if query is not None:
        say_json([asdict(chunk) for chunk in chunks]) if as_json else _say_chunks(chunks)
    elif as_json:
        say_json(asdict(documents))
    else:
        for word in ("added", "removed", "changed"):
            for document in getattr(documents, word):
                say(f"{word} {one_line(document)}")
        for part in documents.settings:
            say(f"the {part} is another")


def _say_chunks(chunks: list[ChunkDiff]) -> None:
    for chunk in chunks:
        ranks = " -> ".join(f"{hit.rank} ({hit.score:.3f})" if hit else "-" for hit in (chunk.before, chunk.after))
        hit = chunk.hit
        say(f"{chunk.fate:9} {ranks:22} {hit.uri}:{hit.start}-{hit.end}  {one_line(hit.heading)}")


@app.command()
def search(
    name: IndexName,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to search for.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many passages.")] = 5,
    where: Annotated[
        str | None, typer.Option("--filter", metavar="JSON", help='Which documents: \'{"year": {">=": 2020}}\'.')
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A search setting in place of the index's.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Search an index; print the passages, best first."""
    from dataclasses import asdict

    from genops.artifacts import Reference
    from genops.cli.values import json_option, settings_options
    from genops.index_settings import search_settings
    from genops.retrieval import open_index

    reference = Reference.parse(name)
    changes, condition = settings_options(setting or []), json_option("--filter", where)
    with opened() as project:
        index = open_index(project.settings, reference.name, reference.selector or None)
        hits = index.search(query, k, where=condition, how=search_settings(index.settings, changes))
    if as_json:
        say_json([asdict(hit) for hit in hits])
        return
    for hit in hits:
        ranks = ", ".join(f"{who} {rank.rank or '-'} ({rank.raw:.3f})" for who, rank in hit.ranks.items())
        stale = f"  [{hit.stale} since the build]" if hit.stale else ""
        say(f"[{hit.rank}] {hit.score:.3f}  {hit.uri}:{hit.start}-{hit.end}  {one_line(hit.heading)}{stale}")
        say(f"    {ranks}")
        say("    " + hit.text.strip().replace("\n", "\n    ") + "\n")
