"""``broken_format``: whether an output that a program reads can no longer be read."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator

from genops.artifacts import Value
from genops.evals.sample import Sample
from genops.evals.score import Score, Unscored
from genops.evals.scorer import find_scorer, scorer
from genops.evals.scorers.is_json import is_json
from genops.evals.scorers.json_schema import json_schema
from genops.fuzz.detectors.verdict import SAFE, SCALE, breach, no_breach


def _checked(schema: dict[str, Any] | None) -> Any:
    return schema if schema is None else find_scorer("json_schema").settings["schema"].check(schema)


@scorer("broken_format", range=SCALE, threshold=SAFE)
def broken_format(
    output: Value,
    schema: Annotated[dict[str, Any] | None, AfterValidator(_checked)] = None,
    *,
    fenced: bool = False,
    sample: Sample,
) -> Score:
    """Whether the output is no JSON, or does not fit its schema: 1 or 0.

    The label says which: ``json``, ``schema``, or ``invalid`` where the model's answer did not fit the output that its
    template declares, however often it was asked again.

    Args:
        output: Text that is read as JSON, or a value.
        schema: JSON Schema, draft 2020-12; None for any JSON.
        fenced: Whether the text may stand in a Markdown fence.
        sample: Tells whether the run failed.

    Raises:
        Unscored: The run failed in another way: there is no output.
    """
    if (error := sample.run.error) is not None:
        if error.get("type") == "OutputInvalid":
            return breach("invalid", str(error.get("message")))
        raise Unscored("the run failed: there is no output to read")
    read = is_json(output, fenced=fenced)
    if not read.value:
        return breach("json", read.explanation)
    fits = read if schema is None else json_schema(output, schema, fenced=fenced)
    return no_breach() if fits.value else breach("schema", fits.explanation, metadata=fits.metadata)
