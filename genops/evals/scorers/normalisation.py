"""Texts as question answering compares them."""

from __future__ import annotations

import re
import string

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> str:
    """Lower case, without ASCII punctuation and English articles, single spaces.

    As SQuAD's own evaluation does it (Rajpurkar et al. 2016, arXiv:1606.05250), but for a text that is nothing else: an
    answer ``A`` or ``+`` keeps what it is made of, or it would be the same as no answer.
    """
    lower = text.lower()
    plain = lower.translate(_PUNCTUATION)
    left = (" ".join(kept.split()) for kept in (_ARTICLES.sub(" ", plain), plain, lower))
    return next(filter(None, left), "")
