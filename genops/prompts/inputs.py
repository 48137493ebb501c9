"""Declared inputs of a template or a chain: parsed, checked against values, shown as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from genops.artifacts import Value, ordered_schema, plain_schema
from genops.errors import DefinitionError, InputError, nearest
from genops.prompts.declaration import Declaration, Mismatch, object_schema, shown
from genops.syntax import YamlFile

_INT = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class InputSpec:
    """What a template or a chain takes.

    Attributes:
        declared: By name, in the order of the file.
    """

    declared: dict[str, Declaration]

    @classmethod
    def parse(cls, raw: Any, file: YamlFile, *keys: str | int) -> InputSpec:
        """Reads an ``inputs:`` mapping; ``keys`` is where it stands in the file.

        Raises:
            DefinitionError: It is no mapping of names to types; with the line.
        """
        if raw is None:
            return cls({})
        if not isinstance(raw, dict):
            raise DefinitionError("`inputs` is a mapping of names to types", at=file.at(*keys), hint="question: str")
        for name in raw:
            if not name.isidentifier():
                raise DefinitionError(
                    f"input {name!r}: use letters, digits and _, no digit first", at=file.at(*keys, name)
                )
        return cls({name: Declaration.parse(item, file, *keys, name) for name, item in raw.items()})

    @classmethod
    def from_body(cls, body: Any) -> InputSpec:
        """The declarations that :meth:`body` was made of."""
        raw = plain_schema({"properties": body})["properties"]
        return cls.parse(raw, YamlFile(raw, "<stored inputs>"), "inputs")

    def body(self) -> Any:
        """The declarations as a part of a component's body: pairs of name and declaration.

        Order and descriptions are kept, as in any JSON Schema: models see both where a chain is offered as a tool.
        """
        return ordered_schema({"properties": {name: item.body() for name, item in self.declared.items()}})["properties"]

    def names(self) -> list[str]:
        """In the order of the file."""
        return list(self.declared)

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema of the inputs as one object, in the order of the file."""
        return {**object_schema(self.declared, closed=False), "additionalProperties": False}

    def validate(self, values: Mapping[str, Any]) -> dict[str, Value]:
        """The values as declared, defaults filled in. An int is taken for a float; nothing else is converted.

        Raises:
            InputError: A name is unknown, a value is missing or is not of its type.
        """
        out: dict[str, Value] = {}
        for name, declared in self.declared.items():
            if name in values:
                out[name] = self._check(name, declared, values[name])
            elif declared.optional:
                out[name] = declared.default
            else:
                raise InputError(f"input {name!r} ({declared.expected}) is missing", hint=self._given(values))
        if not values.keys() <= self.declared.keys():
            for name in values:
                if name not in self.declared:
                    raise InputError(f"there is no input {name!r}", hint=nearest(str(name), self.declared))
        return out

    def _check(self, name: str, declared: Declaration, value: Any) -> Value:
        try:
            return declared.check(value)
        except Mismatch as error:
            raise InputError(f"input '{name}{error.where}': {error.problem}") from None

    def _given(self, values: Mapping[str, Any]) -> str:
        unknown = [str(name) for name in values if name not in self.declared]
        if unknown:
            return f"{', '.join(unknown)} was given; {nearest(unknown[0], self.declared)}"
        return f"it takes: {', '.join(f'{name} ({item.expected})' for name, item in self.declared.items())}"

    def coerce_text(self, name: str, text: str) -> Value:
        """The value that a command line's ``name=text`` means: text for a str, JSON for lists and objects.

        Raises:
            InputError: The name is unknown, or the text is not of the declared type.
        """
        declared = self.declared.get(name)
        if declared is None:
            raise InputError(f"there is no input {name!r}", hint=nearest(name, self.declared))
        return self._check(name, declared, _from_text(name, declared, text))


def _from_text(name: str, declared: Declaration, text: str) -> Value:
    match declared.type:
        case "str":
            return text
        case "int" if _INT.fullmatch(text) and len(text) < 4000:
            return int(text)
        case "float" if _FLOAT.fullmatch(text):
            return float(text)
        case "bool" if text in ("true", "false"):
            return text == "true"
        case "enum":
            return next((item for item in declared.values if _as_text(item) == text), text)
        case "list" | "object":
            return _from_json(name, declared, text)
        case "schema" | "any":
            if declared.schema.get("type") == "string":
                return text
            try:
                return orjson.loads(text)  # type: ignore[no-any-return]
            except orjson.JSONDecodeError:
                return text
        case _:
            raise InputError(
                f"input {name!r}: expected {declared.expected}, got {shown(text)}",
                hint="true or false" if declared.type == "bool" else None,
            )


def _from_json(name: str, declared: Declaration, text: str) -> Value:
    try:
        return orjson.loads(text)  # type: ignore[no-any-return]
    except orjson.JSONDecodeError as error:
        raise InputError(
            f"input {name!r}: expected {declared.expected} as JSON, got {shown(text)}: {error}",
            hint='quote it for the shell: \'["a", "b"]\'',
        ) from None


def _as_text(value: Value) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
