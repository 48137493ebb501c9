"""JSON Schema of a campaign, for editors: what ``genops schema campaign`` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genops.evals.datasets import DatasetSpec
from genops.evals.schema import closed, gate_schema, scorer_schema
from genops.evals.scorer import Setting
from genops.evals.suite import Budget
from genops.fuzz.adapters import OWN, PREFIX
from genops.fuzz.campaign import TIMEOUT, Tries
from genops.fuzz.catalogue import first_line, settings_of, value_schema
from genops.fuzz.entries import DETECTORS, SEEDS
from genops.fuzz.mutator import Mutator, find_mutator
from genops.fuzz.objective import Objective, find_objective
from genops.fuzz.regions import RegionSpec
from genops.fuzz.robustness.relation import find_relation
from genops.fuzz.strategies import STRATEGIES
from genops.plugins import registry

_TEXT = {"type": "string"}
_TEXTS = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_COUNT = {"type": "integer", "minimum": 1}
_SECONDS = {"type": "number", "exclusiveMinimum": 0}
_SHARE = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}


def json_schema() -> dict[str, Any]:
    """The schema of ``evals/NAME.yaml`` of ``kind: campaign`` (draft 2020-12), with all that is registered."""
    dataset = DatasetSpec.json_schema()
    definitions: dict[str, Any] = dict(dataset.pop("$defs", {}))
    definitions["Dataset"] = dataset
    definitions["Scorer"] = scorer_schema(definitions)
    definitions["Seeds"] = _seeds()
    properties = {
        "kind": {"const": "campaign"},
        "description": _TEXT,
        "chain": _TEXT,
        "step": {**_TEXT, "description": "position of the step that attacks enter at; default the chain's inputs"},
        "dataset": {"$ref": "#/$defs/Dataset"},
        "attack": {
            **_TEXTS,
            "description": "inputs that an attacker writes, or fields of the step, each attacked; default every text",
        },
        "of": {"description": "what detectors look at; text in it may hold {{ expressions }}"},
        "objectives": _list(_objective(find_objective(name)) for name in registry.names("objective")),
        "mutators": _list([{"const": OWN}, _converter(), *map(_mutator, registry.names("mutator"))]),
        "strategies": _list(_entry(name, _mapping(settings_of(made)), made) for name, made in STRATEGIES.items()),
        "conversation": _TEXT,
        "depth": _COUNT,
        "tries": Tries.model_json_schema(),
        "attacker": _TEXT,
        "judge": _TEXT,
        "seed": {"type": "integer"},
        "timeout": {"anyOf": [_SECONDS, {"type": "null"}], "default": TIMEOUT},
        "concurrency": _COUNT,
        "budget": Budget.model_json_schema(),
        "gate": gate_schema("sweep"),
        "regions": {"anyOf": [{"type": "boolean"}, RegionSpec.model_json_schema()]},
        "robustness": {"anyOf": [{"const": True}, _robustness()]},
        "anchors": {"description": "whatever is only there to be referred to by YAML aliases"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "genops campaign",
        **closed(properties),
        "required": ["kind", "chain", "dataset"],
        "anyOf": [{"required": ["objectives"]}, {"required": ["robustness"]}],
        "$defs": definitions,
    }


def _list(entries: Any) -> dict[str, Any]:
    return {"type": "array", "items": {"anyOf": list(entries)}}


def _entry(name: str, settings: dict[str, Any], made: object) -> dict[str, Any]:
    """A name alone, where nothing has to be set, or with its settings."""
    described = {**closed({name: {"anyOf": [settings, {"type": "null"}]}}), "required": [name]}
    described["description"] = first_line(made)
    if settings.get("required"):
        return described
    return {"anyOf": [{"const": name, "description": first_line(made)}, described]}


def _objective(made: type[Objective]) -> dict[str, Any]:
    settings = _mapping(settings_of(made))
    added = {"type": "array", "items": {"$ref": "#/$defs/Scorer"}}
    settings["properties"] = {**settings["properties"], SEEDS: {"$ref": "#/$defs/Seeds"}, DETECTORS: added}
    return _entry(made.name, settings, made)


def _mutator(name: str) -> dict[str, Any]:
    made: Mutator[Any, Any] = find_mutator(name)
    settings = _mapping(made.settings)
    if made.principal is not None:
        settings = {"anyOf": [settings, settings["properties"][made.principal]]}
    return _entry(name, settings, made.function)


def _converter() -> dict[str, Any]:
    """A converter of PyRIT, which alone knows its settings."""
    pattern = f"^{PREFIX.replace('.', '[.]')}"
    settings = {"type": ["object", "null"]}
    described = {"type": "object", "patternProperties": {pattern: settings}, "additionalProperties": False}
    return {"anyOf": [{"type": "string", "pattern": pattern}, {**described, "minProperties": 1}]}


def _mapping(settings: Mapping[str, Setting]) -> dict[str, Any]:
    required = [name for name, setting in settings.items() if setting.required]
    described = closed({name: value_schema(setting) for name, setting in settings.items()})
    return {**described, "required": required} if required else described


def _seeds() -> dict[str, Any]:
    """What stands at ``seeds:`` of an objective."""
    rows = {"allOf": [{"$ref": "#/$defs/Dataset"}, {"type": ["string", "object"]}]}
    one = {"anyOf": [{"const": OWN}, {**closed({"garak": _TEXTS}), "required": ["garak"]}, rows]}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


def _robustness() -> dict[str, Any]:
    names = registry.names("relation")
    relations = [{"const": name, "description": find_relation(name).description} for name in names]
    allowed = closed(dict.fromkeys([*names, "all"], _SHARE))
    return closed(
        {
            "relations": {"type": "array", "items": {"anyOf": relations}, "minItems": 1},
            "same": {"$ref": "#/$defs/Scorer"},
            "cases": _COUNT,
            "changes": _COUNT,
            "at_most": {"anyOf": [_SHARE, allowed]},
        }
    )
