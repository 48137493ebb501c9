"""``factuality``: how the facts of an answer relate to an expert's."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from genops.evals.judges.questions import asks
from genops.evals.judges.verdicts import TEXT, facts, having, question_of
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer

Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Relation: TypeAlias = Literal["subset", "superset", "equal", "disagree", "immaterial"]
SCORES: dict[Relation, float] = {"equal": 1.0, "immaterial": 1.0, "superset": 0.6, "subset": 0.4, "disagree": 0.0}
_FITS = having(verdict={"enum": [*SCORES]}, reasoning=TEXT)


@scorer("factuality")
@asks("genops/factuality")
async def factuality(
    output: str,
    expected: str,
    *,
    sample: Sample,
    context: ScoringContext,
    scores: dict[Relation, Share] = SCORES,
    question: str | None = None,
    model: str | None = None,
) -> Score:
    """A judge's word on how the facts of the text relate to the expected answer's, as a number.

    ``equal`` and ``immaterial`` (they differ, and it does not matter) give 1, ``superset`` 0.6, ``subset`` 0.4 and
    ``disagree`` 0, unless the suite sets ``scores``. The choices are those of OpenAI's evals.

    Args:
        output: The text that is judged.
        expected: The expert's answer.
        sample: Whose case says what was asked.
        context: Asks the model.
        scores: What each choice is worth; those that are not set keep their value.
        question: What the text answers; default the case's question.
        model: Alias of the judge.

    Raises:
        Unscored: The judge gives no verdict.
    """
    inputs = {"question": question_of(sample, question), "output": output, "expected": expected}
    answer = await context.ask("genops/factuality", inputs, model=model, fits=_FITS)
    verdict: Any = answer.value
    choice: Relation = verdict["verdict"]
    return Score({**SCORES, **scores}[choice], label=choice, explanation=verdict["reasoning"], metadata=facts(answer))
