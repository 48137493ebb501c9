"""``regex``: whether the output matches a regular expression."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator

from genops.evals.score import Evidence, Score, Unscored
from genops.evals.scorer import scorer

SECONDS = 5.0


def _compiles(pattern: str) -> str:
    import regex

    try:
        regex.compile(pattern)
    except regex.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern


Pattern: TypeAlias = Annotated[str, AfterValidator(_compiles)]
"""A regular expression of the library ``regex``."""


@scorer("regex", threshold=1.0, threaded=True)
def regex_matches(
    output: str,
    pattern: Pattern,
    *,
    match: Literal["search", "full"] = "search",
    negated: bool = False,
    ignore_case: bool = False,
) -> Score:
    """Whether the output matches a regular expression, in the notation of the ``regex`` library: 1 or 0.

    Args:
        output: What is searched.
        pattern: The expression. A match that takes more than 5 seconds is given up, and the sample is unscored.
        match: Whether it may match anywhere, or must match the whole output.
        negated: Whether it must not match.
        ignore_case: Whether case counts not.
    """
    import regex

    compiled = regex.compile(pattern, regex.IGNORECASE if ignore_case else 0)
    find = compiled.fullmatch if match == "full" else compiled.search
    try:
        found = find(output, timeout=SECONDS, concurrent=True)
    except TimeoutError:
        raise Unscored(f"the expression took more than {SECONDS:g} s", hint="it backtracks too much") from None
    fine = (found is None) if negated else (found is not None)
    explanation = "" if fine else f"{'matches' if negated else 'does not match'} {pattern!r}"
    evidence = () if found is None else (Evidence(found[0], "output", found.span()),)
    return Score(float(fine), explanation=explanation, evidence=evidence)
