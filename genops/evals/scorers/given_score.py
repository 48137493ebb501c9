"""A score that something outside of genops's own code gives: an endpoint, a template's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genops.artifacts import Value
from genops.evals.score import Score, Unscored


def score_given(value: Value, metadata: dict[str, Value]) -> Score:
    """The score that a value stands for: a number, true or false, or a mapping with ``value`` and further words.

    Raises:
        Unscored: It is neither, or ``label`` or ``explanation`` is no text.
    """
    given: dict[str, Any] = value if isinstance(value, dict) else {"value": value}
    number = given.get("value")
    if not isinstance(number, (bool, int, float)):
        raise Unscored(f"a score has a number as its `value`, not {type(number).__name__}")
    label, explanation = _words(given, "label"), _words(given, "explanation")
    return Score(float(number), label=label, explanation=explanation, metadata=metadata)


def _words(given: Mapping[str, Value], name: str) -> str:
    text = given.get(name) or ""
    if not isinstance(text, str):
        raise Unscored(f"the `{name}` of a score is a text")
    return text
