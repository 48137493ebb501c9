"""``answer_relevance``: the share of an answer's statements that help to answer the question."""

from __future__ import annotations

from typing import Any

from genops.evals.judges.questions import asks
from genops.evals.judges.verdicts import TEXT, evidence_of, facts, having, question_of
from genops.evals.sample import Sample, ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer

_STATEMENT = having(quote=TEXT, reasoning=TEXT, relevant={"type": "boolean"})


@scorer("answer_relevance")
@asks("genops/answer_relevance")
async def answer_relevance(
    output: str,
    *,
    sample: Sample,
    context: ScoringContext,
    question: str | None = None,
    model: str | None = None,
) -> Score:
    """The share of the text's statements that a judge finds relevant to the question; 0 where there are none.

    Args:
        output: The text that is judged.
        sample: Whose case says what was asked.
        context: Asks the model.
        question: What the text answers; default the case's question.
        model: Alias of the judge.

    Raises:
        Unscored: The judge gives no verdict.
    """
    if not output.strip():
        return Score(0.0, explanation="the answer is empty")
    inputs = {"question": question_of(sample, question), "output": output}
    fits = having(statements={"type": "array", "items": _STATEMENT})
    answer = await context.ask("genops/answer_relevance", inputs, model=model, fits=fits)
    value: Any = answer.value
    rows = value["statements"]
    beside = [row for row in rows if not row["relevant"]]
    evidence = (evidence_of(row["quote"], {"output": output}, f"irrelevant: {row['reasoning']}") for row in beside)
    return Score(
        1 - len(beside) / len(rows) if rows else 0.0,
        explanation="\n".join(f"irrelevant: {row['quote']}" for row in beside) if rows else "it states nothing",
        evidence=tuple(piece for piece in evidence if piece is not None),
        metadata=facts(answer, statements=rows),
    )
