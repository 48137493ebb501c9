"""``json_path``: whether what stands at a path of the output is what is expected."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from genops.artifacts import Value
from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.difference import Likeness
from genops.evals.scorers.reading import json_of


def _compiles(path: str) -> str:
    import jsonpath

    try:
        jsonpath.compile(path)
    except jsonpath.JSONPathError as error:
        raise ValueError(f"not a JSONPath: {error}") from None
    return path


@scorer("json_path", threshold=1.0, threaded=True)
def json_path(
    output: Value,
    path: Annotated[str, AfterValidator(_compiles)],
    expected: Any,
    *,
    ignore_case: bool = False,
    tolerance: Annotated[float, Field(ge=0)] = 0.0,
    fenced: bool = False,
) -> Score:
    """Whether the value at a path of the output equals what is expected: 1 or 0.

    Args:
        output: Text that is read as JSON, or a value.
        path: JSONPath (RFC 9535): ``$.answer.city``; ``$`` is the whole. A path that may name several values
            (``$.items[*].id``) gives the list of them.
        expected: Any value.
        ignore_case: Whether ``Paris`` is ``paris``.
        tolerance: How far apart numbers may be.
        fenced: Whether the text may stand in a Markdown fence.
    """
    import jsonpath

    try:
        value = json_of(output, fenced)
    except ValueError as error:
        return Score(0.0, explanation=str(error))
    compiled = jsonpath.compile(path)
    found = compiled.findall(value) if isinstance(value, (dict, list)) else [value] if path.strip() == "$" else []
    single = isinstance(compiled, jsonpath.JSONPath) and compiled.singular_query()
    if not found and (single or expected != []):
        return Score(0.0, explanation=f"there is nothing at {path}")
    difference = Likeness(ignore_case, tolerance).difference(found[0] if single else found, expected)
    return Score(float(difference is None), explanation=f"{path}: {difference}" if difference else "")
