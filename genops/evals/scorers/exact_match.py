"""``exact_match``: whether the output is a reference answer, up to case, punctuation and articles."""

from __future__ import annotations

from genops.evals.score import Evidence, Score
from genops.evals.scorer import scorer
from genops.evals.scorers.normalisation import normalised
from genops.evals.scorers.references import Texts, listed


@scorer("exact_match", threshold=1.0)
def exact_match(output: str, expected: Texts) -> Score:
    """Whether the output is one of the references after SQuAD's normalisation: 1 or 0.

    Args:
        output: What is compared.
        expected: A reference, or several, of which any will do.
    """
    said = normalised(output)
    matched = [text for text in listed(expected) if normalised(text) == said]
    explanation = "" if matched else f"{said[:100]!r} is none of the references"
    return Score(float(bool(matched)), "", explanation, tuple(Evidence(text, "expected") for text in matched[:1]))
