"""``rubric``: a judge places the text on a scale whose every level is described."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import Field

from genops.artifacts import Value
from genops.evals.judges.questions import asks
from genops.evals.judges.verdicts import TEXT, TEXTS, facts, having, question_of, quoted
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer

Levels: TypeAlias = Annotated[dict[int, str], Field(min_length=2)]
"""What each number of a scale means; at least two."""

LEVELS: Levels = {
    1: "The criterion is clearly not met.",
    2: "Hardly met: there are serious shortcomings.",
    3: "Met in part: as much speaks for it as against it.",
    4: "Mostly met: the shortcomings are small.",
    5: "Fully met: nothing is left to wish for.",
}


@scorer("rubric")
@asks("genops/rubric")
async def rubric(
    output: str,
    criterion: str,
    *,
    sample: Sample,
    context: ScoringContext,
    levels: Levels = LEVELS,
    question: str | None = None,
    reference: str = "",
    model: str | None = None,
    prompt: str = "genops/rubric",
) -> Score:
    """A judge's place for the text on an anchored scale, as a share of it: 0 is the lowest level, 1 the highest.

    Args:
        output: The text that is judged.
        criterion: What is judged.
        sample: Whose case says what was asked.
        context: Asks the model.
        levels: What each number of the scale means; at least two.
        question: What the text answers; default the case's question.
        reference: What is known of the right answer.
        model: Alias of the judge.
        prompt: The template that asks.

    Raises:
        Unscored: The judge gives no verdict, or one that is no level.
    """
    asked = rubric_inputs(output, criterion, levels, question_of(sample, question), reference)
    return await placed(context, asked, prompt, model)


def rubric_inputs(output: str, criterion: str, levels: Levels, question: str, reference: str) -> dict[str, Value]:
    """The question of a rubric, as its template takes it."""
    return {
        "criterion": criterion,
        "levels": [{"score": number, "description": text} for number, text in sorted(levels.items())],
        "output": output,
        "question": question,
        "reference": reference,
    }


async def placed(
    context: ScoringContext, asked: dict[str, Any], prompt: str, model: str | None, number: int = 0
) -> Score:
    """One judge's place for a text on a scale.

    Raises:
        Unscored: The judge gives no verdict, or one that is no level.
    """
    levels = [level["score"] for level in asked["levels"]]
    fits = having(score={"enum": [*levels]}, reasoning=TEXT, quotes=TEXTS)
    answer = await context.ask(prompt, asked, model=model, number=number, fits=fits)
    verdict: Any = answer.value
    raw = int(verdict["score"])  # JSON's 4.0 is the level 4, too
    return Score(
        (raw - levels[0]) / (levels[-1] - levels[0]),
        label=str(raw),
        explanation=verdict["reasoning"],
        evidence=quoted(verdict["quotes"], {"output": asked["output"]}),
        metadata=facts(answer, raw=raw),
    )
