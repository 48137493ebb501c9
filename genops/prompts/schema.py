"""JSON Schema of the front matter and of input declarations, for editors."""

from __future__ import annotations

from typing import Any

from genops.prompts.declaration import TYPES
from genops.prompts.examples import SELECTS
from genops.prompts.output import MAX_REASKS, MOST_REASKS

_TYPE = {"enum": list(TYPES)}


def input_schema() -> dict[str, Any]:
    """The schema of one declaration, a type's name or a mapping; nested ones refer to ``#/$defs/Declaration``."""
    nested = {"$ref": "#/$defs/Declaration"}
    return {
        "anyOf": [
            _TYPE,
            {
                "type": "object",
                "properties": {
                    "type": _TYPE,
                    "description": {"type": "string"},
                    "default": {},
                    "optional": {"type": "boolean"},
                    "values": {"type": "array", "minItems": 1},
                    "items": nested,
                    "properties": {"type": "object", "additionalProperties": nested},
                    "schema": {"type": "object", "description": "a full JSON Schema (draft 2020-12)"},
                },
                "additionalProperties": False,
            },
        ]
    }


def json_schema() -> dict[str, Any]:
    """The schema of a ``.prompt`` file's front matter (draft 2020-12)."""
    declaration = input_schema()
    output = dict(declaration["anyOf"][1])
    output["properties"] = {
        **output["properties"],
        "max_reasks": {"type": "integer", "minimum": 0, "maximum": MOST_REASKS, "default": MAX_REASKS},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "genops prompt template",
        "type": "object",
        "properties": {
            "description": {"type": "string"},
            "model": {"type": "string", "description": "a model alias of the settings"},
            "parameters": {"type": "object", "description": "over the alias's: temperature, max_tokens, seed, …"},
            "inputs": {"type": "object", "additionalProperties": {"$ref": "#/$defs/Declaration"}},
            "output": {"anyOf": [{"const": "text"}, output]},
            "examples": {"anyOf": [{"type": "string"}, _examples()]},
            "tools": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        },
        "additionalProperties": False,
        "$defs": {"Declaration": declaration},
    }


def _examples() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "file": {"type": "string"},
            "select": {"type": "string", "pattern": f"^({'|'.join(SELECTS)})( [0-9]+)?$"},
            "k": {"type": "integer", "minimum": 1},
            "seed": {"type": "integer"},
            "by": {"type": "string"},
        },
        "required": ["file"],
        "additionalProperties": False,
    }
