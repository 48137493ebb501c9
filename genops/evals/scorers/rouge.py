"""``rouge``: how much of a reference's wording is in the output (Lin 2004)."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal

from genops.evals.score import Evidence, Score, Unscored
from genops.evals.scorer import scorer
from genops.evals.scorers.references import Texts, with_words

if TYPE_CHECKING:
    from rouge_score.rouge_scorer import RougeScorer

Variant = Literal["rouge1", "rouge2", "rougeL", "rougeLsum"]
MOST = 4_000_000
_WORD = re.compile(r"\w+")
_OF_ROUGE = re.compile(r"[a-z0-9]+")


@scorer("rouge", threaded=True)
def rouge(
    output: str,
    expected: Texts,
    *,
    variant: Variant = "rougeL",
    stem: bool = False,
    words: Literal["rouge", "unicode"] = "rouge",
) -> Score:
    """F1 of ROUGE by ``rouge-score``; the best reference counts.

    Args:
        output: What is compared; two texts of more than 2,000 words each are too much.
        expected: A reference, or several.
        variant: Single words, pairs of words, the longest common subsequence, or that of each sentence, one a line.
        stem: Whether words meet by Porter's English stems.
        words: What a word is: ROUGE's own ``a-z0-9`` alone, or any letters and digits.
    """
    references = with_words(expected)
    if words == "rouge" and not any(_OF_ROUGE.search(text.lower()) for text in references):
        raise Unscored("what is expected has no word that ROUGE's tokenizer knows", hint="set `words: unicode`")
    longest = max(len(_WORD.findall(text)) for text in references)
    if variant.startswith("rougeL") and longest * len(_WORD.findall(output)) > MOST:
        raise Unscored(f"the texts are too long for {variant}", hint="take rouge1 or rouge2")
    made = _scorer(variant, stem, words)
    scored = [(made.score(reference, output)[variant], reference) for reference in references]
    found, nearest = max(scored, key=lambda pair: pair[0].fmeasure)
    metadata = {"precision": float(found.precision), "recall": float(found.recall)}
    return Score(float(found.fmeasure), evidence=(Evidence(nearest, "expected"),), metadata=metadata)


class _Words:
    """A tokenizer of rouge-score for any script."""

    def __init__(self, stem: bool) -> None:
        from nltk.stem import porter

        self._stemmer = porter.PorterStemmer() if stem else None

    def tokenize(self, text: str) -> list[str]:
        """Letters and digits in lower case; words of more than three letters are stemmed, as rouge-score does it."""
        found = _WORD.findall(text.lower())
        return [self._stemmer.stem(word) if self._stemmer and len(word) > 3 else word for word in found]


@cache
def _scorer(variant: Variant, stem: bool, words: str) -> RougeScorer:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([variant], use_stemmer=stem, tokenizer=_Words(stem) if words == "unicode" else None)
