"""``context_precision``: how much of what was retrieved should have been."""

from __future__ import annotations

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.relevance import Depth, Relevant, matches, searched


@scorer("context_precision")
async def context_precision(output: Value, relevant: Relevant, *, k: Depth = None, context: ScoringContext) -> Score:
    """The share of the retrieved passages that are relevant; 0 where nothing was found.

    Args:
        output: Not looked at.
        relevant: As for ``context_recall``.
        k: How many passages from the first are looked at.
        context: Gives the passages.
    """
    hits = await searched(context, relevant, k)
    good = [hit for hit in hits if any(matches(wanted, hit) for wanted in relevant)]
    value = len(good) / len(hits) if hits else 0.0
    return Score(value, explanation=f"{len(good)} of {len(hits)} passages", metadata={"retrieved": len(hits)})
