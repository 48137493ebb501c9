"""``edit_similarity``: how few characters must be edited to make the output of a reference."""

from __future__ import annotations

from genops.evals.score import Evidence, Score, Unscored
from genops.evals.scorer import scorer
from genops.evals.scorers.references import Texts, listed

MOST = 25_000_000_000


@scorer("edit_similarity", threaded=True)
def edit_similarity(output: str, expected: Texts, *, ignore_case: bool = False) -> Score:
    """1 minus the Levenshtein distance as a share of the longer text; the nearest reference counts.

    Args:
        output: What is compared; texts of more than 150,000 characters each are too much.
        expected: A reference, or several.
        ignore_case: Whether case counts not.
    """
    from rapidfuzz.distance import Levenshtein

    references = listed(expected)
    if len(output) * max(map(len, references)) > MOST:
        raise Unscored(f"the texts are too long for an edit distance: {len(output):,} characters of output")
    said = output.casefold() if ignore_case else output
    scored = []
    for reference in references:
        wanted = reference.casefold() if ignore_case else reference
        scored.append((Levenshtein.normalized_similarity(said, wanted), reference))
    similarity, nearest = max(scored)
    return Score(similarity, evidence=(Evidence(nearest, "expected"),))
