"""``genops dataset generate`` and ``genops dataset review``: cases by a model, and a person who looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from genops.cli.asking import asked
from genops.cli.options import IndexName
from genops.cli.output import note, printable, say
from genops.cli.project import opened
from genops.errors import ExitCode, GenopsError, UsageError

if TYPE_CHECKING:
    from genops.evals.case import Case
    from genops.evals.datasets.generation import Outcome
    from genops.evals.datasets.review import Pending, Review

_AGAIN = "the same passages give the same again: go on with --append and another --seed"
_RULE = "─" * 60
_CHOICES = {"a": "accept", "e": "edit", "r": "reject", "s": "skip", "q": "quit"}


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("generate")(generate)
    app.command("review")(review)


def generate(
    index: IndexName,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="JSON Lines, one for each case as it is made.")
    ],
    model: Annotated[
        str | None, typer.Option("--model", metavar="ALIAS", help="Who is asked; default the project's.")
    ] = None,
    count: Annotated[int, typer.Option("-n", min=1, help="How many cases.")] = 50,
    input_name: Annotated[
        str, typer.Option("--input", metavar="NAME", help="The chain's input for the question.")
    ] = "question",
    seed: Annotated[int, typer.Option(min=0, help="Says which passages are asked about.")] = 0,
    append: Annotated[
        bool, typer.Option("--append", help="Add to a file that exists, without asking the same, or what was rejected.")
    ] = False,
) -> None:
    """Make cases with expected answers from an index's documents: usual, critical and edge cases.

    Each has the words that its answer rests on, and is asked a second time from its passages alone. None counts before
    a person has accepted it: see `genops dataset review`.
    """
    from genops.evals.datasets.changing import adding, changing
    from genops.evals.datasets.generation import generate_cases
    from genops.executor import run_sync

    _refuse_what_cannot_be_written(out)
    with opened() as project, changing(out):
        known = _known(out, append, input_name)
        with adding(out) as keep, _kept(out):
            outcome = run_sync(
                generate_cases(project, index, model, count, keep, input_name=input_name, seed=seed, known=known)
            )
    note(_summary(outcome, out))
    if outcome.cases < count:
        note(f"  {_AGAIN}")
        raise typer.Exit(ExitCode.UNFINISHED)


@contextmanager
def _kept(out: Path) -> Iterator[None]:
    """Says how to go on where making cases ends early: what was made until then is in the file."""
    before = out.stat().st_size
    try:
        yield
    except (GenopsError, KeyboardInterrupt):
        if out.stat().st_size > before:
            note(f"the cases that were made are in {out}; make the others with --append")
        raise


def _refuse_what_cannot_be_written(out: Path) -> None:
    if not out.parent.is_dir() or out.is_dir():
        raise UsageError(f"cannot write {out}", hint="give the name of a file in a folder that exists")


def _known(out: Path, append: bool, input_name: str) -> list[Case]:
    """The cases that the file has already, and those that a person has rejected from it."""
    from genops.evals.datasets.review import rejected_path

    if append:
        return [*_cases(out, input_name), *_cases(rejected_path(out), input_name)]
    if out.exists() and out.stat().st_size:  # a try that came to nothing leaves an empty one
        raise UsageError(f"{out} exists", hint="add to it with --append, or choose another name")
    return []


def _cases(path: Path, input_name: str) -> list[Case]:
    """What is known of the cases of a file: what they ask, and their ids where they have some."""
    from genops.evals.case import Case
    from genops.evals.datasets.sources.jsonl import jsonl_rows
    from genops.evals.datasets.sources.text_lines import UTF8

    found = []
    for row in jsonl_rows(path, UTF8, path.stat().st_size) if path.exists() else ():
        values = row.values
        flat = {input_name: values[input_name]} if input_name in values else {}
        inputs = values.get("inputs", flat)
        found.append(Case(str(values.get("id") or ""), inputs if isinstance(inputs, dict) else {}))
    return found


def _summary(outcome: Outcome, out: Path) -> str:
    from genops.tracing.quantities import counted

    dropped = ", ".join(f"{number:,} {reason}" for reason, number in outcome.dropped.most_common())
    text = f"{counted(outcome.cases, 'case')} made" + (f"; dropped: {dropped}" if dropped else "")
    return f"{text}\n  look at them with: genops dataset review {out}" if outcome.cases else text


def review(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON Lines, as `genops dataset generate` writes them.")],
) -> None:
    """Look at generated cases one by one: accept, edit, reject, skip or quit.

    Every decision is kept at once, and the next review goes on where this one ends. Rejected cases go to a file beside.
    """
    from genops.evals.datasets.changing import changing
    from genops.evals.datasets.review import Review

    with changing(file):
        cases = Review(file)
        for case in cases.pending():
            _show(case, cases)
            if not _decided(case, cases):
                break
    note(f"{cases.total - cases.left:,} of {cases.total:,} cases are done with, {cases.left:,} still wait")


def _show(case: Pending, cases: Review) -> None:
    shown = case.case
    say(f"{_RULE}\n{cases.total - cases.left + 1} of {cases.total}  {printable(', '.join(shown.tags))}")
    for name, value in shown.inputs.items():
        _block(name, value)
    _block("expected", shown.expected)
    for source in case.sources:
        _block(f"{source.get('uri', '')} {source.get('start', '')}-{source.get('end', '')}", source.get("text", ""))


def _block(title: str, value: Any) -> None:
    from genops.evals.scorer import as_text

    say(printable(title))
    for line in as_text(value).splitlines() or [""]:
        say(f"  {printable(line)}")


def _decided(case: Pending, cases: Review) -> bool:
    """Takes words until the case is decided; false when the person stops."""
    while True:
        word = asked(" / ".join(f"{letter} {name}" for letter, name in _CHOICES.items()))
        choice = _CHOICES.get(word or "", word)
        if choice is None or choice == "quit":
            return False
        if choice == "skip":
            return True
        if choice == "reject":
            cases.reject(case)
            return True
        if choice == "accept":
            cases.accept(case)
            return True
        if choice == "edit":
            edited = _edited(case)
            if edited is None:
                return False
            cases.accept(case, *edited)
            return True
        if choice:
            note(f"{printable(choice)} is no choice")


def _edited(case: Pending) -> tuple[str | None, str | None] | None:
    """Another question and another answer; an empty line keeps what there is. None where the person stops."""
    question: str | None = None
    if case.question is not None:
        question = asked(f"{case.question} (empty: as it is)")
        if question is None:
            return None
    expected = asked("expected (empty: as it is)")
    return None if expected is None else (question or None, expected or None)
