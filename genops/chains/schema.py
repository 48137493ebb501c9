"""JSON Schema of a chain file, for editors: what ``genops schema chain`` prints."""

from __future__ import annotations

from typing import Any

from genops.chains.step import Step
from genops.plugins import registry
from genops.prompts.schema import input_schema


def json_schema() -> dict[str, Any]:
    """The schema of ``chains/NAME.yaml`` (draft 2020-12), with every registered step kind."""
    kinds = registry.names("step")
    definitions: dict[str, Any] = {"Declaration": input_schema()}
    for kind in kinds:
        cls: type[Step] = registry.get("step", kind)
        schema = _linked(cls.model_json_schema(by_alias=True))
        definitions.update(schema.pop("$defs", {}))
        schema["required"] = sorted({*schema.get("required", ()), kind})
        definitions[f"step_{kind}"] = schema
    steps = {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"},
        "additionalProperties": _ref("Step"),
    }
    output = {"description": "a value; text in it may hold {{ expressions }}"}
    definitions["Step"] = {"oneOf": [_ref(f"step_{kind}") for kind in kinds]}
    definitions["Block"] = _closed({"steps": steps, "output": output}, "steps")
    definitions["Case"] = _closed({"when": output, "steps": steps, "output": output}, "steps")
    definitions["Fallback"] = {
        "oneOf": [_closed({"model": {"type": "string"}}, "model"), _closed({"value": output}, "value"), _ref("Step")]
    }
    properties = {
        "description": {"type": "string"},
        "inputs": {"type": "object", "additionalProperties": _ref("Declaration")},
        "steps": steps,
        "output": output,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "genops chain",
        **_closed(properties, "steps"),
        "$defs": definitions,
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _closed(properties: dict[str, Any], required: str) -> dict[str, Any]:
    """An object with these properties and no others."""
    return {"type": "object", "properties": properties, "required": [required], "additionalProperties": False}


def _linked(schema: Any) -> Any:
    """The schema with references to what is defined here, which step fields give as comments."""
    if isinstance(schema, dict):
        if str(schema.get("$comment", "")).startswith("#/$defs/"):
            return {"$ref": schema["$comment"]}
        return {key: _linked(value) for key, value in schema.items()}
    return [_linked(item) for item in schema] if isinstance(schema, list) else schema
