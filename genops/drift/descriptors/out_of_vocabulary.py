"""``out_of_vocabulary``: how much of a text is words that the reference does not know."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from genops.drift.descriptor import Reference, descriptor
from genops.drift.words import words_of

_DIGIT = re.compile(r"\d")


def expected_share(reference: Reference) -> float | None:
    """The mean share of unknown words in texts of an unchanged window, by Good and Turing.

    A. M. Turing's estimate of what has not been seen is the share of what was seen once: I. J. Good, The population
    frequencies of species and the estimation of population parameters, Biometrika 40 (1953). Once means in one group:
    this is the share of each text's words that no other group uses (leave one group out), on average over the texts.

    Args:
        reference: What is known.
    """
    shared = {word for word, groups in reference.vocabulary.items() if groups > 1}
    shares = [share for text in reference.texts if (share := _unknown(text, shared)) is not None]
    return sum(shares) / len(shares) if shares else None


@descriptor("out_of_vocabulary", of="number", unit="share of words", expected=expected_share)
def out_of_vocabulary(texts: Sequence[str], reference: Reference) -> list[float | None]:
    """Share of the words that no text of the reference has; words with digits, as order numbers, do not count.

    Args:
        texts: Any.
        reference: Whose words are known.
    """
    return [_unknown(text, reference.vocabulary) for text in texts]


def _unknown(text: str, known: Container[str]) -> float | None:
    told = [word not in known for word in words_of(text) if not _DIGIT.search(word)]
    return sum(told) / len(told) if told else None
