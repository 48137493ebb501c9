"""``mrr``: how early the first relevant passage comes."""

from __future__ import annotations

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.relevance import Depth, Relevant, matches, searched


@scorer("mrr")
async def mrr(output: Value, relevant: Relevant, *, k: Depth = None, context: ScoringContext) -> Score:
    """1 / rank of the first relevant passage, 0 where none was found; its mean over cases is the MRR.

    Args:
        output: Not looked at.
        relevant: As for ``context_recall``.
        k: How many passages from the first are looked at.
        context: Gives the passages; those of several searches stand one after the other.
    """
    hits = await searched(context, relevant, k)
    found = (rank for rank, hit in enumerate(hits, start=1) if any(matches(wanted, hit) for wanted in relevant))
    rank = next(found, None)
    return Score(1 / rank if rank else 0.0, explanation=f"rank {rank}" if rank else "no relevant passage")
