"""``json_schema``: whether the output fits a JSON Schema."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

from genops.artifacts import Value
from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.reading import json_of
from genops.prompts.declaration import path_text, problem_text, validator

_MOST = 5


def _checked(schema: dict[str, Any]) -> dict[str, Any]:
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise ValueError(f"not a JSON Schema: {problem_text(error)}") from None
    return schema


@scorer("json_schema", threshold=1.0)
def json_schema(
    output: Value, schema: Annotated[dict[str, Any], AfterValidator(_checked)], *, fenced: bool = False
) -> Score:
    """Whether the output is JSON that fits a schema: 1 or 0; the explanation says where it does not.

    Args:
        output: Text that is read as JSON, or a value.
        schema: JSON Schema, draft 2020-12. Nothing that it refers to is fetched.
        fenced: Whether the text may stand in a Markdown fence.
    """
    try:
        value = json_of(output, fenced)
    except ValueError as error:
        return Score(0.0, explanation=str(error))
    problems = sorted(validator(schema).iter_errors(value), key=lambda problem: list(map(str, problem.absolute_path)))
    told = [f"${path_text(problem.absolute_path)}: {problem_text(problem)}" for problem in problems[:_MOST]]
    return Score(float(not problems), explanation="\n".join(told), metadata={"problems": len(problems)})
