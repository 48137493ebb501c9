"""A score that something outside of genops's own code gives: an endpoint, a template's answer."""

from __future__ import annotations

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
    words = {name: given.get(name) or "" for name in ("label", "explanation")}
    if wrong := [name for name, text in words.items() if not isinstance(text, str)]:
        raise Unscored(f"the `{wrong[0]}` of a score is a text")
    return Score(float(number), **words, metadata=metadata)
