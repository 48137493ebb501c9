"""``closed_qa``: a judge says yes or no to one question about the text."""

from __future__ import annotations

from typing import Any

from genops.evals.judges.questions import asks
from genops.evals.judges.verdicts import TEXT, TEXTS, facts, having, question_of, quoted
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer

FITS = having(verdict={"enum": ["yes", "no"]}, reasoning=TEXT, quotes=TEXTS)
"""What is read of an answer to ``genops/closed_qa``."""


@scorer("closed_qa", threshold=1.0)
@asks("genops/closed_qa")
async def closed_qa(
    output: str,
    criterion: str,
    *,
    sample: Sample,
    context: ScoringContext,
    question: str | None = None,
    reference: str = "",
    model: str | None = None,
    prompt: str = "genops/closed_qa",
) -> Score:
    """Whether a judge says yes to a question about the text, or that it fulfils a criterion: 1 or 0.

    Args:
        output: The text that is judged.
        criterion: The question about it, or what it is to fulfil.
        sample: Whose case says what was asked.
        context: Asks the model.
        question: What the text answers; default the case's question.
        reference: What is known of the right answer.
        model: Alias of the judge.
        prompt: The template that asks.

    Raises:
        Unscored: The judge gives no verdict.
    """
    inputs = {
        "criterion": criterion,
        "output": output,
        "question": question_of(sample, question),
        "reference": reference,
    }
    answer = await context.ask(prompt, inputs, model=model, fits=FITS)
    verdict: Any = answer.value
    return Score(
        float(verdict["verdict"] == "yes"),
        label=verdict["verdict"],
        explanation=verdict["reasoning"],
        evidence=quoted(verdict["quotes"], {"output": output}),
        metadata=facts(answer),
    )
