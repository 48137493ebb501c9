"""``sentiment``: how friendly a text is."""

from __future__ import annotations

from functools import cache
from typing import Any

from genops.drift.descriptor import descriptor
from genops.drift.descriptors.language import language

_READ = 2_000


@descriptor("sentiment", of="number", unit="points of VADER, -1 to 1")
def sentiment(text: str) -> float | None:
    """Sentiment by VADER's lexicon and rules, from -1 to 1, of the first 2,000 characters.

    C. Hutto and E. Gilbert, VADER: a parsimonious rule-based model for sentiment analysis of social media text, ICWSM
    2014. It is for English alone, and does not apply to a text that is not known to be English.
    """
    if language(text) != "en":
        return None
    return float(_analyser().polarity_scores(text[:_READ])["compound"])


@cache
def _analyser() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()
