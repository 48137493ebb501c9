"""``context_recall``: how much of what should be found was retrieved."""

from __future__ import annotations

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.relevance import Depth, Relevant, matches, searched


@scorer("context_recall")
async def context_recall(output: Value, relevant: Relevant, *, k: Depth = None, context: ScoringContext) -> Score:
    """The share of the relevant chunks, documents or spans that the run retrieved.

    Args:
        output: Not looked at.
        relevant: Ids of chunks or documents, URIs, or mappings with ``uri`` or ``document``, ``start`` and ``end``. A
            span is found by a passage that shares half of the shorter of both.
        k: How many passages from the first are looked at.
        context: Gives the passages.
    """
    hits = await searched(context, relevant, k)
    every = dict.fromkeys(relevant)
    missed = [str(wanted) for wanted in every if not any(matches(wanted, hit) for hit in hits)]
    explanation = f"not retrieved: {', '.join(missed)}" if missed else ""
    return Score(1 - len(missed) / len(every), "", explanation, metadata={"retrieved": len(hits)})
