"""``g_eval``: criteria, evaluation steps, and a score that the token probabilities weight."""

from __future__ import annotations

from typing import Any

from genops.artifacts import Value
from genops.evals.judges.questions import asks
from genops.evals.judges.score_token import expected_score
from genops.evals.judges.verdicts import TEXT, TEXTS, facts, having, question_of
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer

SCALE = (1, 5)
_STEPS = having(steps=TEXTS)
_FITS = having(score={"type": "number", "minimum": SCALE[0], "maximum": SCALE[1]}, reasoning=TEXT)


@scorer("g_eval")
@asks("genops/g_eval_steps", "genops/g_eval")
async def g_eval(
    output: str,
    criterion: str,
    *,
    sample: Sample,
    context: ScoringContext,
    steps: list[str] | None = None,
    question: str | None = None,
    reference: str = "",
    model: str | None = None,
) -> Score:
    """A judge's score from 1 to 5 by evaluation steps, as a share: 0 for 1, 1 for 5.

    Where the provider gives the probabilities of the score's token, the score is its expectation under them, which
    tells apart what a whole number cannot; else it is the number itself, and the metadata say so (``weighted``).
    Liu et al. 2023, G-Eval, arXiv:2303.16634.

    Args:
        output: The text that is judged.
        criterion: What is judged.
        sample: Whose case says what was asked.
        context: Asks the model.
        steps: Evaluation steps; default those that the judge itself makes of the criterion, once.
        question: What the text answers; default the case's question.
        reference: What is known of the right answer.
        model: Alias of the judge.

    Raises:
        Unscored: The judge gives no verdict.
    """
    answers = []
    if not steps:
        made = await context.ask("genops/g_eval_steps", {"criterion": criterion}, model=model, fits=_STEPS)
        written: Any = made.value
        steps = list(written["steps"])
        answers.append(made)
    inputs: dict[str, Value] = {
        "criterion": criterion,
        "steps": list(steps),
        "output": output,
        "question": question_of(sample, question),
        "reference": reference,
    }
    answer = await context.ask("genops/g_eval", inputs, model=model, fits=_FITS)
    verdict: Any = answer.value
    low, high = SCALE
    weighted = expected_score(answer.logprobs, range(low, high + 1), verdict["score"])
    raw = verdict["score"] if weighted is None else weighted
    return Score(
        (raw - low) / (high - low),
        label=str(int(verdict["score"])),
        explanation=verdict["reasoning"],
        metadata=facts(*answers, answer, raw=raw, weighted=weighted is not None, steps=list(steps)),
    )
