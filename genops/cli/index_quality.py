"""``genops index eval``: how well an index finds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from genops.cli.options import AsJson, IndexName
from genops.cli.output import note, say, say_json
from genops.cli.progress import progress_bar
from genops.cli.project import opened


def evaluate(
    name: IndexName,
    queries: Annotated[Path, typer.Option(help="queries.jsonl in BEIR's layout, or its folder.")],
    qrels: Annotated[Path, typer.Option(help="Judgements: a .tsv file, or the folder of one.")],
    against: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="Compare with another snapshot, query by query.")
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Compare with a search setting changed; may be given again."),
    ] = None,
    search_config: Annotated[
        bool, typer.Option("--search-config", help="Look for better settings on half of the queries.")
    ] = False,
    chunk_tokens: Annotated[
        list[int] | None, typer.Option(help="With --search-config: a size of chunks to try; may be given again.")
    ] = None,
    seed: Annotated[int, typer.Option(help="With --search-config: of the split.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Judge what an index finds.

    nDCG, recall and MRR with 95% intervals over the queries; with --search-config, better settings.
    """
    from genops.artifacts import Reference
    from genops.cli.values import settings_options
    from genops.errors import UsageError
    from genops.index_settings import search_settings
    from genops.retrieval import open_index
    from genops.retrieval.experiment import run_of, tune_search
    from genops.retrieval.quality import compare, evaluate, read_beir

    judged = read_beir(queries, qrels)
    documents = {document for grades in judged.qrels.values() for document in grades}
    changes = settings_options(setting or [])
    if chunk_tokens and not search_config:
        raise UsageError("--chunk-tokens goes with --search-config")
    if search_config and (against or changes):
        raise UsageError("--search-config compares with the index's own settings: leave --against and --set out")
    with opened() as project:
        if search_config:
            with progress_bar("embedding passages") as advance:
                tuning = tune_search(
                    project.settings, name, judged, chunk_tokens=chunk_tokens or (), seed=seed, progress=advance
                )
            say_json(tuning.to_json()) if as_json else say(tuning.table())
            return
        reference = Reference.parse(name)
        index = open_index(project.settings, reference.name, reference.selector or None)
        report = evaluate(run_of(index, judged.queries, documents), judged.qrels)
        if against is None and not changes:
            say_json(report.to_json()) if as_json else say(report.table())
            return
        other = open_index(project.settings, reference.name, against.rpartition("#")[2]) if against else index
        how = search_settings(other.settings, changes)
        compared = compare(report, evaluate(run_of(other, judged.queries, documents, how), judged.qrels))
    say_json(compared.to_json()) if as_json else say(compared.table())
    if not as_json:
        note("before: the index as it is; after: with --against and --set")
