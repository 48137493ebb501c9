"""``context_recall_judged``: whether the passages hold what the right answer says, by a judge."""

from __future__ import annotations

from genops.evals.judges.claims import CLAIMS, SUPPORT, claims_of, findings
from genops.evals.judges.passages import Given, passages_of
from genops.evals.judges.questions import asks
from genops.evals.judges.verdicts import facts, question_of
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score, Unscored
from genops.evals.scorer import scorer


@scorer("context_recall_judged")
@asks(CLAIMS, SUPPORT)
async def context_recall_judged(
    output: str,
    expected: str,
    *,
    sample: Sample,
    context: ScoringContext,
    passages: Given = None,
    question: str | None = None,
    model: str | None = None,
) -> Score:
    """The share of the expected answer's claims that follow from the retrieved passages.

    Args:
        output: What the chain gave; not looked at.
        expected: The right answer.
        sample: Whose case says what was asked.
        context: Gives the passages and asks the model.
        passages: Texts, or mappings with ``text``; default what the run retrieved.
        question: What was asked; default the case's question.
        model: Alias of the judge.

    Raises:
        Unscored: There are no passages, the expected answer makes no claim, or the judge cannot say.
    """
    found = await passages_of(context, passages)
    claims, asked = await claims_of(context, expected, question_of(sample, question), model)
    if not claims:
        raise Unscored("the expected answer makes no claim")
    checked, answers = await findings(context, claims, found, model)
    missing = [finding for finding in checked if not finding.supported]
    return Score(
        1 - len(missing) / len(checked),
        explanation="\n".join(f"not in the passages: {finding.claim.text}" for finding in missing),
        evidence=tuple(piece for finding in checked for piece in finding.evidence("expected", expected)),
        metadata=facts(*asked, *answers, claims=[finding.to_value() for finding in checked]),
    )
