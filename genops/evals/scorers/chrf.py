"""``chrf``: the overlap of character sequences with a reference (Popović 2015)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.references import Texts, with_words

if TYPE_CHECKING:
    from sacrebleu.metrics.chrf import CHRF


@scorer("chrf", threaded=True)
def chrf(output: str, expected: Texts, *, word_order: Annotated[int, Field(ge=0, le=4)] = 0) -> Score:
    """chrF2 by ``sacrebleu``, from 0 to 1 instead of 0 to 100; the best reference counts.

    Args:
        output: What is compared.
        expected: A reference, or several.
        word_order: 2 makes it chrF++, which counts words and pairs of words too.
    """
    return Score(min(1.0, _chrf(word_order).sentence_score(output, with_words(expected)).score / 100))


@cache
def _chrf(word_order: int) -> CHRF:
    from sacrebleu.metrics.chrf import CHRF

    return CHRF(word_order=word_order)
