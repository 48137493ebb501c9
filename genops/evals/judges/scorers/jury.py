"""``jury``: several judges place the text on one scale, and their verdicts are taken together as stated."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from genops.artifacts import Value
from genops.evals.judges.questions import asks
from genops.evals.judges.scorers.rubric import LEVELS, Levels, placed, rubric_inputs
from genops.evals.judges.verdicts import question_of
from genops.evals.judging import NoAnswer, UnusableAnswer
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score, Unscored
from genops.evals.scorer import scorer

Aggregation: TypeAlias = Literal["mean", "median", "majority", "unanimous"]


class Juror(BaseModel):
    """A member of a jury.

    Attributes:
        model: Alias; None for the suite's judge.
        prompt: The template that asks it: one that takes what ``genops/rubric`` takes, and gives what that gives.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = None
    prompt: str = "genops/rubric"


def _juror(value: object) -> object:
    return {"model": value} if isinstance(value, str) else value


Jurors: TypeAlias = Annotated[list[Annotated[Juror, BeforeValidator(_juror)]], Field(min_length=2)]


@scorer("jury")
@asks("genops/rubric")
async def jury(
    output: str,
    criterion: str,
    *,
    sample: Sample,
    context: ScoringContext,
    judges: Jurors,
    aggregate: Aggregation = "median",
    passing: float = 0.5,
    quorum: Annotated[int, Field(ge=1)] | None = None,
    levels: Levels = LEVELS,
    question: str | None = None,
    reference: str = "",
) -> Score:
    """What several judges say together of the text by one criterion.

    Args:
        output: The text that is judged.
        criterion: What is judged.
        sample: Whose case says what was asked.
        context: Asks the models.
        judges: Aliases, or mappings of ``model`` and ``prompt``. One that stands there twice is asked twice.
        aggregate: ``mean`` or ``median`` of the shares of the scale; ``majority`` and ``unanimous`` are 1 where more
            than half, or all, of those who answered give at least ``passing``, else 0.
        passing: The least share of the scale that is a vote for the text.
        quorum: How many must answer; default more than half. Who cannot is left out, and counts as no vote.
        levels: What each number of the scale means; at least two.
        question: What the text answers; default the case's question.
        reference: What is known of the right answer.

    Raises:
        Unscored: Fewer than the quorum answer, or than it are judges.
    """
    needed = len(judges) // 2 + 1 if quorum is None else quorum
    if needed > len(judges):
        raise Unscored(f"the quorum is {needed}, and the jury has {len(judges)} judges", hint="lower the `quorum`")
    asked = rubric_inputs(output, criterion, levels, question_of(sample, question), reference)
    verdicts = await asyncio.gather(
        *(
            placed(context, asked, juror.prompt, juror.model, judges[:place].count(juror))
            for place, juror in enumerate(judges)
        ),
        return_exceptions=True,
    )
    members: list[Value] = []
    values: list[float] = []
    failed: list[Unscored] = []
    for juror, verdict in zip(judges, verdicts, strict=True):
        if isinstance(verdict, Score):
            values.append(verdict.value)
            said: dict[str, Value] = {"value": verdict.value, "reasoning": verdict.explanation, **verdict.metadata}
        elif isinstance(verdict, Unscored):
            failed.append(verdict)
            said = {"unscored": verdict.message}
        else:
            raise verdict
        members.append({"model": juror.model, "prompt": juror.prompt, **said})
    if len(values) < needed:
        kind = NoAnswer if all(isinstance(error, NoAnswer) for error in failed) else UnusableAnswer
        raise kind(f"{len(values)} of {len(judges)} judges answered, {needed} must: {failed[0].message}")
    return Score(
        aggregated(values, aggregate, passing),
        explanation=f"{aggregate} of {', '.join(f'{value:.2g}' for value in values)}",
        metadata={"aggregate": aggregate, "members": members, "spread": max(values) - min(values)},
    )


def aggregated(values: Sequence[float], aggregate: Aggregation, passing: float) -> float:
    """One value of several; see :func:`jury`."""
    if aggregate == "mean":
        return statistics.fmean(values)
    if aggregate == "median":
        return statistics.median(values)
    votes = sum(value >= passing for value in values)
    return float(2 * votes > len(values) if aggregate == "majority" else votes == len(values))
