"""``embedding_similarity``: how near the output is in meaning to a reference."""

from __future__ import annotations

from genops.evals.sample import ScoringContext
from genops.evals.score import Evidence, Range, Score
from genops.evals.scorer import scorer
from genops.evals.scorers.references import Texts, with_words


@scorer("embedding_similarity", range=Range(-1.0, 1.0))
async def embedding_similarity(output: str, expected: Texts, *, context: ScoringContext) -> Score:
    """Cosine of the output's and a reference's vectors by the project's embedder; the nearest reference counts.

    An output without words is 0.

    Args:
        output: What is compared.
        expected: A reference, or several.
        context: Embeds.
    """
    references = with_words(expected)
    if not any(map(str.isalnum, output)):
        return Score(0.0, explanation="the output has no words")
    vectors = await context.embed([output, *references])
    cosines = (vectors[1:] @ vectors[0]).tolist()
    nearest = max(range(len(references)), key=cosines.__getitem__)
    evidence = (Evidence(references[nearest], "expected"),)
    return Score(min(1.0, max(-1.0, cosines[nearest])), evidence=evidence)
