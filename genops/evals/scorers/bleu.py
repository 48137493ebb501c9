"""``bleu``: how many of the output's word sequences are in the references (Papineni et al. 2002)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

from genops.artifacts import Value
from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.references import Texts, with_words

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEU

Tokenizer = Literal["13a", "intl", "char", "zh", "none"]


@scorer("bleu", threaded=True)
def bleu(output: str, expected: Texts, *, tokenize: Tokenizer = "13a") -> Score:
    """Sentence BLEU by ``sacrebleu``, from 0 to 1 instead of 0 to 100; all references count together.

    The mean over cases is not corpus BLEU.

    Args:
        output: What is compared.
        expected: A reference, or several.
        tokenize: Tokenizer of ``sacrebleu``.
    """
    found = _bleu(tokenize).sentence_score(output, with_words(expected))
    metadata: dict[str, Value] = {
        "precisions": [p / 100 for p in found.precisions],
        "brevity_penalty": found.bp,
        "length": found.sys_len,
    }
    return Score(min(1.0, found.score / 100), metadata=metadata)


@cache
def _bleu(tokenize: str) -> BLEU:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(tokenize=tokenize, effective_order=True)
