"""``is_json``: whether the output is JSON."""

from __future__ import annotations

from genops.artifacts import Value
from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.reading import json_of


@scorer("is_json", threshold=1.0)
def is_json(output: Value, *, fenced: bool = False) -> Score:
    """Whether the output is valid JSON (RFC 8259): 1 or 0.

    Args:
        output: Text that is read; anything else is a value already.
        fenced: Whether it may stand in a Markdown fence.
    """
    try:
        json_of(output, fenced)
    except ValueError as error:
        return Score(0.0, explanation=str(error))
    return Score(1.0)
