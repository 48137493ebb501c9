"""``reference_guided``: a judge grades the text beside a reference answer."""

from __future__ import annotations

from typing import Any

from genops.evals.judges.questions import asks
from genops.evals.judges.verdicts import TEXT, facts, having, question_of
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer

SCALE = (1, 10)
_FITS = having(score={"type": "number", "minimum": SCALE[0], "maximum": SCALE[1]}, reasoning=TEXT)


@scorer("reference_guided")
@asks("genops/reference_guided")
async def reference_guided(
    output: str,
    expected: str,
    *,
    sample: Sample,
    context: ScoringContext,
    criterion: str = "",
    question: str | None = None,
    model: str | None = None,
) -> Score:
    """A judge's grade from 1 to 10 beside a reference answer, as a share: 0 for 1, 1 for 10.

    Judges that fail at a task themselves grade it better with an answer at hand (Zheng et al. 2023, MT-Bench,
    arXiv:2306.05685, section 3.4).

    Args:
        output: The text that is judged.
        expected: The reference answer.
        sample: Whose case says what was asked.
        context: Asks the model.
        criterion: What to look at above all.
        question: What the text answers; default the case's question.
        model: Alias of the judge.

    Raises:
        Unscored: The judge gives no verdict.
    """
    inputs = {
        "question": question_of(sample, question),
        "output": output,
        "expected": expected,
        "criterion": criterion,
    }
    answer = await context.ask("genops/reference_guided", inputs, model=model, fits=_FITS)
    verdict: Any = answer.value
    low, high = SCALE
    return Score(
        (verdict["score"] - low) / (high - low),
        label=str(int(verdict["score"])),
        explanation=verdict["reasoning"],
        metadata=facts(answer, raw=verdict["score"]),
    )
