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
    tokens = _tokens(logprobs.get("content"))
    text = "".join(str(token.get("token", "")) for token in tokens)
    matches = list(_SCORE.finditer(text))
    if not matches or int(matches[-1]["number"]) != given:
        return None
    token = _covering(tokens, *matches[-1].span("number"))
    if token is None:
        return None
    weights = _weights([*_tokens(token.get("top_logprobs")), token], scale)
    if given not in weights:
        return None
    return sum(score * weight for score, weight in weights.items()) / sum(weights.values())


def _tokens(given: object) -> list[Mapping[str, Any]]:
    """Tokens as a provider lists them; none where it has another form."""
    return [token for token in given if isinstance(token, Mapping)] if isinstance(given, list) else []


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
    """Probabilities of scores beside the likeliest; a score that several tokens write counts once for each of them.

    Servers write -9999 for what they hold impossible, and a schema may force such a token all the same.
    """
    by_token: dict[str, tuple[int, float]] = {}
    for candidate in candidates:
        token, logprob = str(candidate.get("token", "")), candidate.get("logprob")
        match = _NUMBER.fullmatch(token)
        if match and int(match["number"]) in scale and isinstance(logprob, (int, float)) and math.isfinite(logprob):
            by_token[token] = (int(match["number"]), logprob)
    most = max((logprob for _, logprob in by_token.values()), default=0.0)
    weights: dict[int, float] = {}
    for score, logprob in by_token.values():
        weights[score] = weights.get(score, 0.0) + math.exp(logprob - most)
    return weights
