"""``citation_recall``: whether every sentence has a citation that leads to what was retrieved."""

from __future__ import annotations

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Evidence, Score
from genops.evals.scorer import scorer
from genops.evals.scorers.citations import read_citations


@scorer("citation_recall")
async def citation_recall(output: Value, *, context: ScoringContext) -> Score:
    """The share of the output's sentences with a citation that leads to a span of a retrieved passage.

    Whether the span supports the sentence is for ``citation_support`` to judge.

    Args:
        output: As for ``citation_precision``.
        context: Gives the passages.
    """
    found = read_citations(output, await context.retrieved()).sentences()
    if not found:
        return Score(0.0, explanation="the output has no sentences")
    bare = [text for text, cited in found if not cited]
    evidence = tuple(Evidence(text, "output", note="cites nothing that was retrieved") for text in bare)
    return Score(1 - len(bare) / len(found), evidence=evidence, metadata={"sentences": len(found)})
