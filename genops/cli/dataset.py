"""``genops dataset``: looks at datasets, and makes them."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli import dataset_from_traces, dataset_generate
from genops.cli.options import AsJson
from genops.cli.output import going_on, listing, one_line, say, say_json, verdict
from genops.cli.project import opened

if TYPE_CHECKING:
    from genops.evals.datasets import Dataset
    from genops.evals.datasets.check import Report
    from genops.executor import Project

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Source = Annotated[
    str, typer.Argument(metavar="FILE", help="JSON Lines, CSV, Parquet, YAML or JSON; or the name of a suite.")
]
OfChain = Annotated[
    str | None, typer.Option("--chain", metavar="NAME", help="Check the cases against a chain's inputs.")
]
_SHOWN = 20


@app.command()
def check(
    source: Source,
    chain: OfChain = None,
    near: Annotated[
        bool, typer.Option("--near", help="Compare texts by the project's embedder too: the same in other words.")
    ] = False,
    similarity: Annotated[float, typer.Option(min=0.5, max=1.0, help="Cosine that counts as near.")] = 0.95,
    as_json: AsJson = False,
) -> None:
    """Find duplicates, leaks between splits, and expectations that are empty or contradict each other.

    The exit code is 1 when something is wrong. Near duplicates inside of a split are shown, and not wrong.
    """
    from genops.evals.datasets.check import check_dataset
    from genops.evals.datasets.embedding import text_embedder

    with opened() as project:
        dataset = _open(source, chain, project)
        report = check_dataset(dataset, text_embedder(project.settings) if near else None, similarity)
    with going_on():
        if as_json:
            from dataclasses import asdict

            say_json(asdict(report))
        else:
            _say_report(report)
    raise typer.Exit(verdict(report.fine))


@app.command()
def show(
    source: Source,
    chain: OfChain = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many cases to show.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show the first cases of a dataset, and count its splits and tags."""
    from collections import Counter

    from genops.artifacts import json_form
    from genops.evals.datasets.line import record_of

    with opened() as project:
        dataset = _open(source, chain, project)
        splits = Counter(case.split for case in dataset)
        tags = Counter(tag for case in dataset for tag in case.tags)
        first = dataset[:limit]
    if as_json:
        found = {"cases": len(dataset), "digest": dataset.digest, "splits": splits, "tags": tags}
        say_json({**found, "first": [json_form(record_of(case)) for case in first]})
        return
    say(f"{len(dataset):,} cases  {dataset.digest[:12]}")
    for what, counts in (("splits", splits), ("tags", tags)):
        if any(counts):
            say(f"{what}: {_counted(counts)}")
    rows = [{"id": case.id, "expected": _short(case.expected), "inputs": _short(dict(case.inputs))} for case in first]
    listing(("id", "expected", "inputs"), rows, as_json=False)


def _open(source: str, chain: str | None, project: Project) -> Dataset:
    """The dataset of a file, or of a suite with everything that it says of the dataset."""
    from genops.evals.datasets import DatasetSpec
    from genops.evals.datasets.spec import is_dataset_file

    path = Path(source)
    if is_dataset_file(path):
        spec, base = DatasetSpec(file=source, unreviewed=True), Path()
    else:
        from genops.evals.suite import Suite

        suite = Suite.load(source, project.settings)
        spec, base = suite.dataset.model_copy(update={"unreviewed": True}), suite.folder
        chain = chain or suite.variants[0].chain
    inputs = project.source.chain(chain).inputs if chain else None
    with redirect_stdout(sys.stderr):  # what a function prints that gives the rows
        return spec.open(project.settings, base, inputs)


def _say_report(report: Report) -> None:
    from genops.evals.datasets.check import counts_of

    say(f"{report.cases:,} cases  {report.digest[:12]}")
    if any(report.splits):
        say(f"splits: {_counted(report.splits)}")
    for what, by_split in (("tags", report.tags), ("expected", report.classes)):
        for split, counts in by_split.items():
            say(f"{what}{f' in {split}' if split else ''}: {_counted(counts)}")
    if report.derived:
        say(f"{report.derived:,} cases have no id: each gets one of its content, which changes with it")
    for finding in report.findings[:_SHOWN]:
        cases = ", ".join(finding.cases[:5]) + (", …" if len(finding.cases) > 5 else "")
        say(one_line(f"{finding.kind}{'' if finding.wrong else ' (worth a look)'}: {finding.message}: {cases}"))
    if len(report.findings) > _SHOWN:
        say(f"… {len(report.findings) - _SHOWN:,} more: {_counted(counts_of(report.findings))} in all; --json has all")
    if report.fine:
        say("nothing is wrong")


def _counted(counts: Any) -> str:
    return ", ".join(f"{one_line(str(name)) or '(none)'} {count:,}" for name, count in counts.items())


def _short(value: Any) -> str:
    from genops.evals.scorer import as_text

    text = as_text(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


dataset_from_traces.register(app)
dataset_generate.register(app)
