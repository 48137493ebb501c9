"""``answer_correctness``: F1 of an answer's claims and the expected answer's."""

from __future__ import annotations

import asyncio

from genops.evals.judges.claims import CLAIMS, SUPPORT, claims_of, findings
from genops.evals.judges.passages import Passage
from genops.evals.judges.questions import asks
from genops.evals.judges.verdicts import facts, question_of
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score, Unscored
from genops.evals.scorer import scorer


@scorer("answer_correctness")
@asks(CLAIMS, SUPPORT)
async def answer_correctness(
    output: str,
    expected: str,
    *,
    sample: Sample,
    context: ScoringContext,
    question: str | None = None,
    model: str | None = None,
) -> Score:
    """F1 of claims: those of the text that the expected answer supports, and those of it that the text lacks.

    TP are the text's claims that follow from the expected answer, FP its other claims, FN the expected answer's claims
    that do not follow from the text; F1 = TP / (TP + (FP + FN) / 2).

    Args:
        output: The text that is judged.
        expected: The right answer.
        sample: Whose case says what was asked.
        context: Asks the model.
        question: What was asked; default the case's question.
        model: Alias of the judge.

    Raises:
        Unscored: The expected answer makes no claim, or the judge cannot say.
    """
    asked = question_of(sample, question)
    (stated, of_stated), (wanted, of_wanted) = await asyncio.gather(
        claims_of(context, output, asked, model), claims_of(context, expected, asked, model)
    )
    if not wanted:
        raise Unscored("the expected answer makes no claim")
    (right, of_right), (covered, of_covered) = await asyncio.gather(
        findings(context, stated, [Passage("expected", expected)], model),
        findings(context, wanted, [Passage("output", output)], model),
    )
    false = [finding for finding in right if not finding.supported]
    missing = [finding for finding in covered if not finding.supported]
    true = len(right) - len(false)
    return Score(
        true / (true + (len(false) + len(missing)) / 2) if true else 0.0,
        explanation="\n".join(
            [
                *(f"not in the expected answer: {finding.claim.text}" for finding in false),
                *(f"missing: {finding.claim.text}" for finding in missing),
            ]
        ),
        evidence=(
            *(piece for finding in right for piece in finding.evidence("output", output)),
            *(piece for finding in missing for piece in finding.evidence("expected", expected)),
        ),
        metadata=facts(
            *of_stated,
            *of_wanted,
            *of_right,
            *of_covered,
            true_positives=true,
            false_positives=len(false),
            false_negatives=len(missing),
        ),
    )
