"""JSON Schema of a monitor, for editors: what ``genops schema monitor`` prints."""

from __future__ import annotations

from typing import Any

from genops.evals.schema import closed, scorer_schema
from genops.monitoring.alerts import channels_schema, rule_schema
from genops.monitoring.sampling import Rates

_TEXT = {"type": "string"}
_DURATION = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {**_TEXT, "pattern": r"^\d+(\.\d+)?\s*[smhdw]$"}]}


def json_schema() -> dict[str, Any]:
    """The schema of ``evals/NAME.yaml`` of ``kind: monitor`` (draft 2020-12), with all that is registered."""
    channels = channels_schema()
    definitions: dict[str, Any] = dict(channels.pop("$defs", {}))
    definitions["Scorer"] = scorer_schema(definitions)
    properties = {
        "kind": {"const": "monitor"},
        "description": _TEXT,
        "chain": _TEXT,
        "sample": Rates.model_json_schema(),
        "of": {"description": "what is scored; text in it may hold {{ expressions }}"},
        "scorers": {"type": "array", "items": {"$ref": "#/$defs/Scorer"}},
        "judge": _TEXT,
        "release": {**_TEXT, "description": "the evaluation whose scores are compared with"},
        "drift": {"type": "array", "items": _TEXT, "description": "names of drift checks whose watches it runs"},
        "over": {**_DURATION, "description": "window of figures; default 24h"},
        "every": {**_DURATION, "description": "between looks; default 30s"},
        "keep": {**_DURATION, "description": "scores and accepted messages; default 90d, or the longest window"},
        "rules": {"type": "array", "items": rule_schema()},
        "channels": channels,
        "anchors": {"description": "whatever is only there to be referred to by YAML aliases"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "genops monitor",
        **closed(properties),
        "required": ["kind", "chain"],
        "$defs": definitions,
    }
