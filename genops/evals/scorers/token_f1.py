"""``token_f1``: the overlap of words with a reference answer."""

from __future__ import annotations

from collections import Counter

from genops.evals.score import Evidence, Score
from genops.evals.scorer import scorer
from genops.evals.scorers.normalisation import normalised
from genops.evals.scorers.references import Texts, listed


@scorer("token_f1")
def token_f1(output: str, expected: Texts) -> Score:
    """F1 of the words that output and reference share after SQuAD's normalisation; the best reference counts.

    Words are what stands between spaces, so it is not for scripts without them. When either has no words, it is 1
    where both have none, as in SQuAD 2.0.

    Args:
        output: What is compared.
        expected: A reference, or several.
    """
    said = normalised(output).split()
    scores = [_score(said, normalised(text).split(), text) for text in listed(expected)]
    return max(scores, key=lambda score: score.value)


def _score(said: list[str], wanted: list[str], reference: str) -> Score:
    shared = (Counter(said) & Counter(wanted)).total()
    if said and wanted:
        precision, recall = shared / len(said), shared / len(wanted)
    else:
        precision = recall = float(said == wanted)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Score(f1, evidence=(Evidence(reference, "expected"),), metadata={"precision": precision, "recall": recall})
