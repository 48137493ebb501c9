"""``equals``: whether the output is what is expected, value by value."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from genops.artifacts import Value
from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.difference import Likeness


@scorer("equals", threshold=1.0)
def equals(
    output: Value,
    expected: Any,
    *,
    ignore_case: bool = False,
    tolerance: Annotated[float, Field(ge=0)] = 0.0,
) -> Score:
    """Whether the output equals what is expected, nested values included: 1 or 0.

    Args:
        output: What is compared; text is text, never read as a number or as JSON.
        expected: Any value. The order of a mapping's keys does not count.
        ignore_case: Whether ``Paris`` is ``paris``.
        tolerance: How far apart numbers may be.
    """
    difference = Likeness(ignore_case, tolerance).difference(output, expected)
    return Score(float(difference is None), explanation=difference or "")
