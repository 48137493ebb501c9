"""Declared types: the short notation for inputs and outputs, its JSON Schema, and the check of a value against it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from genops.artifacts import Value, normalise
from genops.errors import DefinitionError, Location, nearest
from genops.syntax import YamlFile

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

TYPES = ("str", "int", "float", "bool", "bytes", "list", "object", "enum", "any")
_SCHEMA_WORDS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list"}
_JSON_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_KEYS = ("type", "description", "default", "optional", "values", "items", "properties", "schema")


class Mismatch(Exception):
    """A value that is not of its declared type.

    Attributes:
        where: Path inside the value (``[2].text``), empty for the value itself.
        problem: What was expected and what was given.
    """

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(problem)
        self.where = where
        self.problem = problem


@dataclass(frozen=True)
class Declaration:
    """One declared value: an input, an item of a list, a property of an object, or an output.

    Attributes:
        type: One of :data:`TYPES`, or ``schema`` for a full JSON Schema.
        description: For people and, in a JSON Schema, for models.
        optional: Whether it may be left out; it is None then, or the default.
        default: The value when it is left out.
        values: The members of an enum.
        items: What a list holds; None for anything.
        properties: What an object must have; other keys are let through. None for anything.
        schema: The JSON Schema of type ``schema``.
    """

    type: str
    description: str = ""
    optional: bool = False
    default: Value = None
    values: tuple[Value, ...] = ()
    items: Declaration | None = None
    properties: dict[str, Declaration] | None = None
    schema: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, raw: Any, file: YamlFile, *keys: str | int) -> Declaration:
        """Reads ``str``, ``{type: …}`` or ``{schema: …}``; ``keys`` is where it stands in the file.

        Raises:
            DefinitionError: It is none of these, or says something that contradicts itself.
        """
        at = file.at(*keys)
        if isinstance(raw, str):
            raw = {"type": raw}
        if not isinstance(raw, dict):
            raise DefinitionError(
                f"{_label(keys)}: a type is expected, not {shown(raw)}", at=at, hint=f"one of {', '.join(TYPES)}"
            )
        for key in raw:
            if key not in _KEYS:
                raise DefinitionError(
                    f"{_label(keys)}: unknown key {key!r}", at=file.at(*keys, key), hint=nearest(key, _KEYS)
                )
        kind = _kind(raw, at, keys)
        properties = raw.get("properties")
        if properties is not None and not isinstance(properties, dict):
            raise DefinitionError(f"{_label(keys)}: `properties` is a mapping of names to types", at=at)
        declaration = cls(
            type=kind,
            description=str(raw.get("description") or ""),
            optional=raw.get("optional") is True or "default" in raw,
            values=_values(raw, kind, at, keys),
            items=cls.parse(raw["items"], file, *keys, "items") if "items" in raw else None,
            properties={name: cls.parse(item, file, *keys, "properties", name) for name, item in properties.items()}
            if properties is not None
            else None,
            schema=checked_schema(raw["schema"], file.at(*keys, "schema")) if kind == "schema" else {},
        )
        return declaration._with_default(raw, file.at(*keys, "default"), keys)

    def _with_default(self, raw: dict[str, Any], at: Location, keys: tuple[str | int, ...]) -> Declaration:
        if raw.get("default") is None:
            return self
        try:
            default = self.check(raw["default"])
        except Mismatch as error:
            raise DefinitionError(f"{_label(keys)}: the default{error.where}: {error.problem}", at=at) from None
        return Declaration(**{**_fields(self), "default": default})

    def check(self, value: Any, where: str = "") -> Value:
        """The value as declared: nothing is converted but an int to a declared float, tuples to lists and the like.

        Raises:
            Mismatch: It is not of the type.
        """
        if value is None and self.optional:
            return None
        plain: Value = value if type(value) in _EXACT else _normal(value, where)
        if self.type == "any" or type(plain) is _PYTHON.get(self.type):
            return plain
        if self.type == "float" and type(plain) is int:
            return _as_float(plain, where)
        if self.type == "enum" and any(type(plain) is type(item) and plain == item for item in self.values):
            return plain
        if self.type == "list" and isinstance(plain, list):
            return self._check_items(plain, where)
        if self.type == "object" and isinstance(plain, dict):
            return self._check_properties(plain, where)
        if self.type == "schema":
            return self._check_schema(plain, where)
        raise Mismatch(where, f"expected {self.expected}, got {shown(value)}")

    def _check_items(self, value: list[Value], where: str) -> Value:
        items = self.items
        if items is None:
            return value
        return [items.check(item, f"{where}[{index}]") for index, item in enumerate(value)]

    def _check_properties(self, value: dict[str, Value], where: str) -> Value:
        if self.properties is None:
            return value
        out = dict(value)
        for name, declared in self.properties.items():
            if name in value:
                out[name] = declared.check(value[name], f"{where}.{name}")
            elif declared.optional:
                out[name] = declared.default
            else:
                raise Mismatch(f"{where}.{name}", f"expected {declared.expected}, it is missing")
        return out

    def _check_schema(self, value: Value, where: str) -> Value:
        error = min(self._validator.iter_errors(value), key=lambda e: list(map(str, e.absolute_path)), default=None)
        if error is not None:
            raise Mismatch(where + path_text(error.absolute_path), problem_text(error))
        return value

    @cached_property
    def _validator(self) -> Draft202012Validator:
        return validator(self.schema)

    @property
    def expected(self) -> str:
        """The type as people read it: ``str``, ``list of str``, ``one of "a", "b"``."""
        if self.type == "enum":
            return "one of " + ", ".join(shown_short(item) for item in self.values)
        if self.type == "list" and self.items is not None:
            return f"list of {self.items.expected}"
        return "a value that fits the schema" if self.type == "schema" else self.type

    def json_schema(self, *, closed: bool = False) -> dict[str, Any]:
        """The JSON Schema of the type.

        Args:
            closed: Whether objects refuse properties that are not declared, as structured output wants it.
        """
        schema = self._type_schema(closed)
        if self.description:
            schema["description"] = self.description
        if self.default is not None:
            schema["default"] = self.default
        return schema

    def _type_schema(self, closed: bool) -> dict[str, Any]:
        if self.type == "schema":
            return dict(self.schema)
        if self.type == "enum":
            return {"enum": list(self.values)}
        if self.type == "bytes":
            return {"type": "string", "contentEncoding": "base64"}
        if self.type == "list":
            return {"type": "array", **({"items": self.items.json_schema(closed=closed)} if self.items else {})}
        if self.type == "object":
            return object_schema(self.properties, closed=closed)
        return {"type": _JSON_TYPES[self.type]} if self.type in _JSON_TYPES else {}

    def body(self) -> dict[str, Any]:
        """The declaration in its notation: :meth:`parse` gives it back."""
        body: dict[str, Any] = {"schema": self.schema} if self.type == "schema" else {"type": self.type}
        if self.description:
            body["description"] = self.description
        if self.optional:
            body["optional"] = True
        if self.default is not None:
            body["default"] = self.default
        if self.values:
            body["values"] = list(self.values)
        if self.items is not None:
            body["items"] = self.items.body()
        if self.properties is not None:
            body["properties"] = {name: declared.body() for name, declared in self.properties.items()}
        return body


_PYTHON: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "bytes": bytes}
_EXACT = frozenset({str, int, float, bool, bytes, type(None)})


def object_schema(properties: Mapping[str, Declaration] | None, *, closed: bool) -> dict[str, Any]:
    """The JSON Schema of an object with these properties, in their order."""
    schema: dict[str, Any] = {"type": "object"}
    if properties is not None:
        schema["properties"] = {name: item.json_schema(closed=closed) for name, item in properties.items()}
        schema["required"] = [name for name, item in properties.items() if not item.optional]
        if closed:
            schema["additionalProperties"] = False
    return schema


def checked_schema(schema: Any, at: Location | None = None) -> dict[str, Any]:
    """A full JSON Schema (draft 2020-12), checked.

    Raises:
        DefinitionError: It is no valid schema, or refers to something outside of itself.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema, dict):
        raise DefinitionError("`schema` is a JSON Schema: a mapping", at=at)
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise DefinitionError(
            f"not a valid JSON Schema: {path_text(error.path)} {error.message}".strip(), at=at
        ) from None
    _check_references(schema, schema, at)
    return schema


def _check_references(node: Any, root: dict[str, Any], at: Location | None) -> None:
    if isinstance(node, dict):
        target = node.get("$ref")
        if isinstance(target, str) and not _resolves(target, root):
            raise DefinitionError(
                f"the JSON Schema refers to {target!r}, which is not in it",
                at=at,
                hint="use `$defs` and `#/$defs/NAME`",
            )
        for item in node.values():
            _check_references(item, root, at)
    elif isinstance(node, list):
        for item in node:
            _check_references(item, root, at)


def _resolves(target: str, root: dict[str, Any]) -> bool:
    if target != "#" and not target.startswith("#/"):
        return False
    node: Any = root
    for part in target[2:].split("/") if target != "#" else []:
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, dict) or name not in node:
            return False
        node = node[name]
    return True


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """A validator that never fetches anything."""
    from jsonschema import Draft202012Validator
    from referencing import Registry

    return Draft202012Validator(schema, registry=Registry())


def problem_text(error: Any) -> str:
    """A ``jsonschema`` error in one line; an entry that is missing is called by its description."""
    text = str(error.message)
    if error.validator in ("contains", "maxContains") and "description" in error.schema["contains"]:
        none = error.validator == "contains"
        counted = "there is no entry" if none else f"there are too many entries (at most {error.validator_value})"
        text = f"{counted} with {error.schema['contains']['description']}"
    return text if len(text) <= 300 else f"{text[:300]} …"


def path_text(path: Any) -> str:
    """A path inside a value: ``.answers[0].text``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def shown(value: Any) -> str:
    """A value and its type, cut short, for messages."""
    return f"{shown_short(value)} ({type(value).__name__})" if value is not None else "nothing (null)"


def shown_short(value: Any) -> str:
    """A value in a few characters."""
    text = repr(value[:60]) if isinstance(value, (str, bytes)) else repr(value)
    return text if len(text) <= 64 else f"{text[:60]}…"


def _kind(raw: dict[str, Any], at: Location, keys: tuple[str | int, ...]) -> str:
    if "schema" in raw:
        if "type" in raw or "items" in raw or "properties" in raw:
            raise DefinitionError(f"{_label(keys)}: give `type` or `schema`, not both", at=at)
        return "schema"
    kind = raw.get("type", "object" if "properties" in raw else "enum" if "values" in raw else None)
    if kind in TYPES:
        _check_applies(raw, kind, at, keys)
        return str(kind)
    if kind is None:
        raise DefinitionError(f"{_label(keys)}: `type` is missing", at=at, hint=f"one of {', '.join(TYPES)}")
    word = _SCHEMA_WORDS.get(str(kind))
    hint = f"write {word}; a full JSON Schema goes under `schema:`" if word else nearest(str(kind), TYPES)
    raise DefinitionError(f"{_label(keys)}: there is no type {kind!r}", at=at, hint=hint)


def _check_applies(raw: dict[str, Any], kind: str, at: Location, keys: tuple[str | int, ...]) -> None:
    for key, owner in (("items", "list"), ("properties", "object"), ("values", "enum")):
        if key in raw and kind != owner:
            raise DefinitionError(f"{_label(keys)}: `{key}` belongs to type {owner}, not {kind}", at=at)


def _values(raw: dict[str, Any], kind: str, at: Location, keys: tuple[str | int, ...]) -> tuple[Value, ...]:
    values = raw.get("values")
    if kind != "enum":
        return ()
    if not isinstance(values, list) or not values or any(isinstance(item, (list, dict)) for item in values):
        raise DefinitionError(f"{_label(keys)}: an enum needs `values`, a list of plain values", at=at)
    return tuple(values)


def _normal(value: Any, where: str) -> Value:
    try:
        return normalise(value)
    except TypeError as error:
        raise Mismatch(where, str(error)) from None


def _as_float(value: int, where: str) -> float:
    try:
        converted = float(value)
    except OverflowError:
        converted = math.inf
    if math.isinf(converted) or int(converted) != value:
        raise Mismatch(where, f"the integer {shown_short(value)} has no exact float")
    return converted


def _label(keys: tuple[str | int, ...]) -> str:
    return ".".join(str(key) for key in keys) or "type"


def _fields(declaration: Declaration) -> dict[str, Any]:
    return {name: getattr(declaration, name) for name in declaration.__dataclass_fields__}
