"""``context_precision_judged``: whether the useful passages stand first, by a judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from genops.evals.judges.passages import Given, passages_of
from genops.evals.judges.questions import asks
from genops.evals.judges.verdicts import TEXT, evidence_of, facts, in_order, one_each, question_of
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Evidence, Score
from genops.evals.scorer import scorer


@scorer("context_precision_judged")
@asks("genops/passage_usefulness")
async def context_precision_judged(
    output: str,
    expected: str = "",
    *,
    sample: Sample,
    context: ScoringContext,
    passages: Given = None,
    question: str | None = None,
    model: str | None = None,
) -> Score:
    """Average precision of the retrieved passages, where a judge says which of them are useful.

    The mean, over the useful passages, of the share of useful ones down to there: 1 where all useful passages stand
    before all others, 0 where none is useful.

    Args:
        output: What the chain gave; not looked at.
        expected: The right answer; without it the judge goes by the question alone.
        sample: Whose case says what was asked.
        context: Gives the passages and asks the model.
        passages: Texts, or mappings with ``text``, in their order; default what the run retrieved.
        question: What was asked; default the case's question.
        model: Alias of the judge.

    Raises:
        Unscored: There are no passages, or the judge leaves one out.
    """
    found = await passages_of(context, passages)
    inputs: dict[str, Any] = {
        "question": question_of(sample, question),
        "expected": expected or "",
        "passages": [passage.text for passage in found],
    }
    fits = one_each("verdicts", "passage", range(1, len(found) + 1), useful={"type": "boolean"}, quote=TEXT)
    answer = await context.ask("genops/passage_usefulness", inputs, model=model, fits=fits)
    value: Any = answer.value
    rows = in_order(value["verdicts"], "passage")
    evidence: list[Evidence] = []
    for passage, row in zip(found, rows, strict=True):
        piece = evidence_of(row["quote"], {passage.source: passage.text}, "useful") if row["useful"] else None
        evidence += [piece] if piece else []
    useful = [bool(row["useful"]) for row in rows]
    return Score(
        average_precision(useful),
        explanation=f"{sum(useful)} of {len(useful)} passages are useful",
        evidence=tuple(evidence),
        metadata=facts(answer, useful=[*useful], precision=sum(useful) / len(useful)),
    )


def average_precision(useful: Sequence[bool]) -> float:
    """Average precision of a ranking: of each place, from the first, whether it is relevant."""
    precisions = [sum(useful[: place + 1]) / (place + 1) for place, is_useful in enumerate(useful) if is_useful]
    return sum(precisions) / len(precisions) if precisions else 0.0
