"""``noise_sensitivity``: the share of an answer's claims that are wrong and come from a retrieved passage."""

from __future__ import annotations

import asyncio

from genops.evals.judges.claims import CLAIMS, SUPPORT, claims_of, findings
from genops.evals.judges.passages import Given, Passage, passages_of
from genops.evals.judges.questions import asks
from genops.evals.judges.verdicts import facts, question_of
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Range, Score, Unscored
from genops.evals.scorer import scorer


@scorer("noise_sensitivity", range=Range(0.0, 1.0, lower_is_better=True))
@asks(CLAIMS, SUPPORT)
async def noise_sensitivity(
    output: str,
    expected: str,
    *,
    sample: Sample,
    context: ScoringContext,
    passages: Given = None,
    question: str | None = None,
    model: str | None = None,
) -> Score:
    """The share of the text's claims that the expected answer does not support and a retrieved passage does.

    The less the better: such claims are what the retrieved noise has put into the answer.

    Args:
        output: The text that is judged.
        expected: The right answer.
        sample: Whose case says what was asked.
        context: Gives the passages and asks the model.
        passages: Texts, or mappings with ``text``; default what the run retrieved.
        question: What was asked; default the case's question.
        model: Alias of the judge.

    Raises:
        Unscored: There are no passages, the text makes no claim, or the judge cannot say.
    """
    found = await passages_of(context, passages)
    claims, asked = await claims_of(context, output, question_of(sample, question), model)
    if not claims:
        raise Unscored("the text makes no claim")
    (right, of_right), (retrieved, of_retrieved) = await asyncio.gather(
        findings(context, claims, [Passage("expected", expected)], model), findings(context, claims, found, model)
    )
    noise = [origin for truth, origin in zip(right, retrieved, strict=True) if origin.supported and not truth.supported]
    return Score(
        len(noise) / len(claims),
        explanation="\n".join(f"wrong, and from the passages: {finding.claim.text}" for finding in noise),
        evidence=tuple(piece for finding in noise for piece in finding.evidence("output", output)),
        metadata=facts(
            *asked,
            *of_right,
            *of_retrieved,
            claims=len(claims),
            wrong=sum(not finding.supported for finding in right),
            from_passages=len(noise),
        ),
    )
