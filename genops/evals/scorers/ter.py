"""``ter``: how many edits make the output a reference (Snover et al. 2006)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from genops.evals.score import Range, Score, Unscored
from genops.evals.scorer import scorer
from genops.evals.scorers.references import Texts, with_words

if TYPE_CHECKING:
    from sacrebleu.metrics.ter import TER

MOST = 300


@scorer("ter", range=Range(0.0, 1.0, lower_is_better=True), threaded=True)
def ter(output: str, expected: Texts, *, ignore_case: bool = True) -> Score:
    """Translation edit rate by ``sacrebleu``: edits and shifts for each word of the reference, lower is better.

    A rate above 1 (more edits than words) counts as 1; the rate itself is in the metadata. The nearest reference
    counts.

    Args:
        output: What is compared; texts of more than 300 words are too much.
        expected: A reference, or several.
        ignore_case: Whether case counts not.
    """
    references = with_words(expected)
    if max(len(text.split()) for text in (output, *references)) > MOST:
        raise Unscored(f"the texts are too long for TER, which takes at most {MOST:,} words")
    found = _ter(not ignore_case).sentence_score(output, references)
    return Score(min(1.0, found.score / 100), metadata={"rate": found.score / 100, "edits": float(found.num_edits)})


@cache
def _ter(case_sensitive: bool) -> TER:
    from sacrebleu.metrics.ter import TER

    return TER(case_sensitive=case_sensitive)
