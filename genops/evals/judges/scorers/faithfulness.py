"""``faithfulness``: the share of an answer's claims that the retrieved passages support."""

from __future__ import annotations

from genops.evals.judges.claims import CLAIMS, SUPPORT, claims_of, findings
from genops.evals.judges.passages import Given, passages_of
from genops.evals.judges.questions import asks
from genops.evals.judges.verdicts import facts, question_of
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score, Unscored
from genops.evals.scorer import scorer


@scorer("faithfulness")
@asks(CLAIMS, SUPPORT)
async def faithfulness(
    output: str,
    *,
    sample: Sample,
    context: ScoringContext,
    passages: Given = None,
    no_claims: float | None = None,
    question: str | None = None,
    model: str | None = None,
) -> Score:
    """The share of the text's claims that follow from the passages which its run retrieved.

    A judge takes the text apart into claims and checks each against the passages; claims with their verdicts, and the
    words that decide them, are the evidence. Es et al. 2023, Ragas, arXiv:2309.15217.

    Args:
        output: The text that is judged.
        sample: Whose case says what was asked.
        context: Gives the passages and asks the model.
        passages: Texts, or mappings with ``text``; default what the run retrieved.
        no_claims: The score of a text that states nothing (a refusal); without it such a text is unscored.
        question: What the text answers; default the case's question.
        model: Alias of the judge.

    Raises:
        Unscored: There are no passages or no claims, or the judge cannot say.
    """
    found = await passages_of(context, passages)
    claims, asked = await claims_of(context, output, question_of(sample, question), model)
    if not claims:
        if no_claims is None:
            raise Unscored("the text makes no claim", hint="`no_claims: 1` gives such texts a score")
        return Score(no_claims, label="no claims", metadata=facts(*asked, claims=[]))
    checked, answers = await findings(context, claims, found, model)
    wrong = [finding for finding in checked if not finding.supported]
    return Score(
        1 - len(wrong) / len(checked),
        explanation="\n".join(f"{finding.verdict}: {finding.claim.text}" for finding in wrong),
        evidence=tuple(piece for finding in checked for piece in finding.evidence("output", output)),
        metadata=facts(*asked, *answers, claims=[finding.to_value() for finding in checked]),
    )
