"""``citation_precision``: whether citations lead to what was retrieved."""

from __future__ import annotations

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.citations import read_citations


@scorer("citation_precision")
async def citation_precision(output: Value, *, context: ScoringContext) -> Score:
    """The share of the output's citations that lead to a span of a retrieved passage; 0 where it cites nothing.

    Whether the span supports the sentence is for ``citation_support`` to judge.

    Args:
        output: A text with marks such as ``[2]``, for the second passage, or a mapping with ``answer`` and
            ``citations``, each with ``number``, ``uri`` or ``document``, ``start`` and ``end``.
        context: Gives the passages.
    """
    cited = read_citations(output, await context.retrieved())
    if not cited.leads:
        return Score(0.0, "cites nothing")
    wrong = [f"[{number}]" for number, leads in cited.leads.items() if not leads]
    explanation = f"leads to no retrieved passage: {', '.join(wrong)}" if wrong else ""
    return Score(1 - len(wrong) / len(cited.leads), "", explanation, metadata={"citations": len(cited.leads)})
