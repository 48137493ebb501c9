"""The expectation of a score under the probabilities of its token."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

_SCORE = re.compile(r'"score"\s*:\s*(?P<number>-?[0-9]+)')
_NUMBER = re.compile(r"\D*?(?P<number>-?[0-9]+)\D*")


def expected_score(logprobs: Mapping[str, Any], scale: Collection[int], given: int) -> float | None:
    """The mean of the scores that could have stood at the score's place in an answer, by their probabilities.

    Args:
        logprobs: Of the answer: ``content`` lists its tokens, each with its ``top_logprobs``.
        scale: The scores that there are; other tokens count for nothing, and the rest is normalised.
        given: The score that the answer gave.

    Returns:
        None where there are no probabilities, or the score is not one token of its own.
    """
    tokens = logprobs.get("content") or []
    text = "".join(str(token.get("token", "")) for token in tokens)
    matches = list(_SCORE.finditer(text))
    if not matches or int(matches[-1]["number"]) != given:
        return None
    token = _covering(tokens, *matches[-1].span("number"))
    if token is None:
        return None
    weights = _weights([*(token.get("top_logprobs") or []), token], scale)
    if given not in weights:
        return None
    return sum(score * weight for score, weight in weights.items()) / sum(weights.values())


def _covering(tokens: Iterable[Mapping[str, Any]], start: int, end: int) -> Mapping[str, Any] | None:
    """The token that covers these characters of the text alone."""
    at = 0
    for token in tokens:
        after = at + len(str(token.get("token", "")))
        if at <= start < after:
            return token if end <= after else None
        at = after
    return None


def _weights(candidates: Iterable[Mapping[str, Any]], scale: Collection[int]) -> dict[int, float]:
    """Probabilities of scores; a score that several tokens write counts once for each of them."""
    by_token: dict[str, tuple[int, float]] = {}
    for candidate in candidates:
        token, logprob = str(candidate.get("token", "")), candidate.get("logprob")
        match = _NUMBER.fullmatch(token)
        if match and int(match["number"]) in scale and isinstance(logprob, (int, float)) and math.isfinite(logprob):
            by_token[token] = (int(match["number"]), math.exp(logprob))
    weights: dict[int, float] = {}
    for score, weight in by_token.values():
        weights[score] = weights.get(score, 0.0) + weight
    return weights
