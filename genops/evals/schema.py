"""JSON Schema of a suite, for editors: what ``genops schema suite`` prints."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema

from genops.evals.case import LARGEST_WEIGHT
from genops.evals.datasets import DatasetSpec
from genops.evals.pairwise import Pairwise
from genops.evals.rules import LEAST_ALPHA, About
from genops.evals.scorer import Scorer, Setting, find_scorer
from genops.evals.suite import Budget
from genops.executor.swaps import SWAPPABLE
from genops.plugins import registry

_EXPRESSION = {"type": "string", "pattern": r"\{\{", "description": "an {{ expression }} over the sample"}
_ANYTHING: dict[str, Any] = {"description": "a value; text in it may hold {{ expressions }}"}
_COMMON: dict[str, Any] = {
    "name": {"type": "string", "description": "what the scores are called"},
    "of": {"description": "what is scored; default what the suite's `of` says"},
    "threshold": {"type": "number", "description": "the value that passes"},
    "weight": {"type": "number", "minimum": 0, "maximum": LARGEST_WEIGHT},
    "when": {"type": "string", "description": "a condition over the sample"},
    "timeout": {"type": "number", "exclusiveMinimum": 0, "description": "seconds for one score"},
}


def json_schema() -> dict[str, Any]:
    """The schema of ``evals/NAME.yaml`` of ``kind: suite`` (draft 2020-12), with every registered scorer."""
    dataset = DatasetSpec.json_schema()
    definitions: dict[str, Any] = dict(dataset.pop("$defs", {}))
    definitions["Scorer"] = scorer_schema(definitions)
    references = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    variant = {**dict.fromkeys(SWAPPABLE, references), "parameters": {"type": ["object", "array"]}}
    text, count, seconds = (
        {"type": "string"},
        {"type": "integer", "minimum": 1},
        {"type": "number", "exclusiveMinimum": 0},
    )
    properties = {
        "kind": {"const": "suite"},
        "description": text,
        "chain": text,
        "dataset": dataset,
        "variants": {
            "anyOf": [
                closed(variant),
                {"type": "array", "items": {**closed({"name": text, **variant}), "required": ["name"]}},
            ]
        },
        "repeat": count,
        "of": _ANYTHING,
        "judge": text,
        "scorers": {"type": "array", "items": {"$ref": "#/$defs/Scorer"}},
        "gate": gate_schema("dataset"),
        "timeout": seconds,
        "concurrency": count,
        "budget": Budget.model_json_schema(),
        "labels": text,
        "pairwise": Pairwise.model_json_schema(),
        "anchors": {"description": "whatever is only there to be referred to by YAML aliases"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "genops suite",
        **closed(properties),
        "required": ["kind", "dataset", "scorers"],
        "$defs": definitions,
    }


def scorer_schema(definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of an entry of ``scorers``.

    Args:
        definitions: Of the whole schema; every registered scorer is put there.
    """
    names = registry.names("scorer")
    for name in names:
        definitions[f"scorer_{name}"] = _scorer(find_scorer(name), definitions)
    return {"anyOf": [{"enum": names}, *({"$ref": f"#/$defs/scorer_{name}"} for name in names)]}


def gate_schema(about: About) -> dict[str, Any]:
    """The schema of ``gate:``.

    Args:
        about: What is claimed unless the gate says ``population``.
    """
    text = {"type": "string"}
    rules = {"anyOf": [text, {"type": "array", "items": text, "minItems": 1}]}
    gate = {
        "rules": rules,
        "alpha": {"type": "number", "minimum": LEAST_ALPHA, "exclusiveMaximum": 1},
        "about": {"enum": [about, "population"]},
    }
    return {"anyOf": [rules, {**closed(gate), "required": ["rules"]}]}


def _scorer(scorer: Scorer[Any, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    settings = {name: _setting(setting, definitions) for name, setting in scorer.settings.items()}
    own = settings.get(scorer.principal, {}) if scorer.principal is not None else {}
    properties = {**_COMMON, **settings, scorer.name: {"anyOf": [own, {"type": "null"}]} if own else {"type": "null"}}
    return {**closed(properties), "required": [scorer.name], "description": scorer.description}


def _setting(setting: Setting, definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a setting's values, or of an expression that gives one."""
    if setting.lazy:
        return _ANYTHING
    try:
        schema = TypeAdapter.json_schema(setting.type, ref_template="#/$defs/{model}")
    except PydanticInvalidForJsonSchema:
        return _ANYTHING
    definitions.update(schema.pop("$defs", {}))
    return {"anyOf": [schema, _EXPRESSION]}


def closed(properties: dict[str, Any]) -> dict[str, Any]:
    """The schema of a mapping with these keys and no others."""
    return {"type": "object", "properties": properties, "additionalProperties": False}
