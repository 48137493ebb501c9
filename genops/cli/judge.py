"""``genops judge``: how far judges agree with people, and the labels that tell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.options import AsJson, OutFile

if TYPE_CHECKING:
    from genops.evals.judges.labels import Labels

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
LabelFiles = Annotated[
    list[Path],
    typer.Option("--labels", metavar="FILE", help="Human labels and verdicts, JSONL or CSV; may be given again."),
]


@app.command()
def check(
    labels: LabelFiles,
    judge: Annotated[str | None, typer.Option(metavar="NAME", help="Only this judge.")] = None,
    at_least: Annotated[
        list[str] | None,
        typer.Option(metavar="MEASURE=VALUE", help="Require raw, kappa, ac1 or alpha; may be given again."),
    ] = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Confidence of the intervals.")] = 0.95,
    read: Annotated[int, typer.Option(min=0, help="How many cases to read to list for each judge.")] = 3,
    as_json: AsJson = False,
) -> int:
    """Measure judges against people.

    Agreement, position and length bias, consistency, and what the labels tell of the whole. With --at-least: 0 when
    the interval lies above, 1 when it lies below, 3 when the labels are too few to say.
    """
    from genops.cli.judge_report import show_report
    from genops.cli.output import going_on, say_json
    from genops.evals.judges.check import check_judges
    from genops.evals.judges.requirement import Requirement, outcome

    required = [Requirement.parse(text) for text in at_least or []]
    report = check_judges(_read(labels), judge, level)
    with going_on():
        if as_json:
            say_json(report.to_json())
        else:
            show_report(report, read)
    return outcome(report, required)


@app.command()
def label(
    cases: Annotated[Path, typer.Argument(metavar="CASES", help="Rows with `id` and `output`, or a pair of them.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Takes the labels; is added to.")],
    scale: Annotated[
        str | None, typer.Option(metavar="WORDS", help="Labels to choose from; default 1,2,tie or yes,no.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the order of the cases, and of each pair.")] = 0,
) -> None:
    """Label cases by hand.

    One at a time, without the judge's verdict, a pair in an order drawn for it. Every label is on disk before the next
    case is shown: stop whenever you like, and go on with the same command.
    """
    from genops.cli.labelling import session
    from genops.evals.judges.labelling import CaseLabelling
    from genops.evals.judges.labels import Labels

    words = tuple(word.strip() for word in scale.split(",") if word.strip()) if scale else ()
    session(CaseLabelling(Labels.load(cases), out, words, seed))


@app.command()
def plan(
    labels: LabelFiles,
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many cases.")] = 50,
    random_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share that is drawn at random, for estimates.")
    ] = 0.5,
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
    width: Annotated[
        float, typer.Option(min=0.001, help="Width of the corrected mean's interval to tell the labels for.")
    ] = 0.1,
    out: OutFile = None,
) -> None:
    """Choose the cases to label next.

    A random part, which estimates rest on, and cases on which judges or orders disagree, for reading. Rows go to stdout
    or --out, for `genops judge label`; what further labels would buy is told on stderr.
    """
    import json

    from genops.cli.output import note, out_file
    from genops.evals.judges.planning import plan as choose
    from genops.evals.judges.planning import reaches

    read = _read(labels)
    planned = choose(read, count, random_share, seed)
    with out_file(out) as stream:
        for case in planned:
            stream.write(json.dumps(case.to_value(), ensure_ascii=False) + "\n")
    drawn = sum(case.drawn == "random" for case in planned)
    note(f"{drawn} drawn at random, which estimates may rest on; {len(planned) - drawn} chosen for reading")
    for reach in reaches(read, width):
        marks = ", ".join(f"{labels} → {wide:.3f}" for labels, wide in reach.plan.curve)
        needed = "more labels than there are cases" if reach.plan.labels is None else f"{reach.plan.labels} labels"
        note(f"{reach.judge}: {reach.labelled} labels now; {width:g} wide takes {needed}; labels → width: {marks}")


@app.command()
def template(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="genops/rubric and the like; default: list them.")
    ] = None,
) -> None:
    """Show a judge's template.

    What stands in prompts/NAME.prompt of the project takes its place.
    """
    from genops.cli.output import say
    from genops.evals.judges.questions import judge_questions, standalone

    if name is None:
        say("\n".join(judge_questions()))
    else:
        say(standalone(name), end="")


def _read(paths: list[Path]) -> Labels:
    from genops.evals.judges.labels import Labels

    return Labels.load(*paths)
