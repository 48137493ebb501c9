"""JSON Schema of a drift check, for editors: what ``genops schema drift`` prints."""

from __future__ import annotations

from typing import Any

from genops.drift.spec import WatchSpec
from genops.drift.two_sample import TwoSampleTest, find_test
from genops.evals.datasets import DatasetSpec
from genops.evals.datasets.sources.traces import TraceQuery
from genops.evals.schema import closed
from genops.plugins import registry

_TEXT = {"type": "string"}
_FLAG = {"type": "boolean", "default": True}
_SHARE = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}


def json_schema() -> dict[str, Any]:
    """The schema of ``evals/NAME.yaml`` of ``kind: drift`` (draft 2020-12), with all that is registered."""
    dataset = DatasetSpec.json_schema()
    definitions: dict[str, Any] = dict(dataset.pop("$defs", {}))
    definitions["Dataset"] = dataset
    definitions["Window"] = _window()
    window = {"$ref": "#/$defs/Window"}
    properties = {
        "kind": {"const": "drift"},
        "description": _TEXT,
        "reference": {**window, "description": "what the current window is compared with"},
        "current": {**window, "description": "the window that is judged; of a watch, the traces"},
        "of": {
            "anyOf": [_TEXT, {"type": "object", "additionalProperties": _TEXT}],
            "description": "the state that is compared, or several by name; default the inputs",
        },
        "as": {"enum": ["text", "number", "category", "vector"]},
        "group": {**_TEXT, "description": "rows with the same value are not independent; default the session"},
        "context": {**_TEXT, "description": "known context whose mix may change: a language, tenant or topic"},
        "segments": {"type": "object", "additionalProperties": _TEXT},
        "embedder": _TEXT,
        "tests": {"type": "array", "items": {"anyOf": [_test(find_test(name)) for name in registry.names("test")]}},
        "descriptors": {
            "anyOf": [{"type": "boolean"}, {"type": "array", "items": {"enum": registry.names("descriptor")}}]
        },
        "topics": _FLAG,
        "concepts": _FLAG,
        "vocabulary": _FLAG,
        "correction": {"enum": ["holm", "benjamini-hochberg"]},
        "alpha": {**_SHARE, "default": 0.05},
        "smallest": {"type": "number", "minimum": 0, "exclusiveMaximum": 1, "default": 0.1},
        "visible": {**_SHARE, "default": 0.3},
        "relabellings": {"type": "integer", "minimum": 19, "maximum": 100_000, "default": 999},
        "rows": {"type": "integer", "minimum": 2, "default": 5_000},
        "seed": {"type": "integer", "minimum": 0},
        "watch": WatchSpec.model_json_schema(),
        "anchors": {"description": "whatever is only there to be referred to by YAML aliases"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "genops drift check",
        **closed(properties),
        "required": ["kind", "reference", "current"],
        "$defs": definitions,
    }


def _window() -> dict[str, Any]:
    traces = TraceQuery.model_json_schema()
    return {
        "anyOf": [
            {**_TEXT, "pattern": r"^(dataset|eval|traces|file):|\.(jsonl|ndjson|csv|tsv|parquet|npy)$"},
            {**closed({"traces": {"anyOf": [_TEXT, traces]}}), "required": ["traces"]},
            {**closed({"dataset": {"$ref": "#/$defs/Dataset"}}), "required": ["dataset"]},
            {**closed({"eval": _TEXT}), "required": ["eval"]},
            {**closed({"file": _TEXT}), "required": ["file"]},
        ]
    }


def _test(test: TwoSampleTest[Any]) -> dict[str, Any]:
    settings = closed({name: adapter.json_schema() for name, adapter in test.settings.items()})
    named = {"const": test.name, "description": test.description}
    if not test.settings:
        return named
    return {"anyOf": [named, {**closed({test.name: settings}), "required": [test.name]}]}
