"""The canonical form of a component and its digest (RFC 8785 JSON Canonicalization Scheme, SHA-256)."""

from __future__ import annotations

import hashlib
from typing import Any, TypeAlias

import rfc8785

from genops.errors import DefinitionError

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"

DIGEST_LENGTH = 64
SHORT_DIGEST = 12
_MAX_SAFE = 2**53

_DATA_KEYWORDS = frozenset({"const", "default", "enum", "examples"})


def canonical_bytes(body: Any) -> bytes:
    """The canonical JSON of a component's body: keys sorted, numbers in their shortest form, UTF-8.

    Raises:
        DefinitionError: The body holds what canonical JSON cannot: NaN, an integer beyond 2**53 that is no float's, a
            lone surrogate.
    """
    try:
        try:
            return rfc8785.dumps(body)
        except rfc8785.IntegerDomainError:
            return rfc8785.dumps(_with_doubles(body))
    except (rfc8785.CanonicalizationError, ValueError, OverflowError, RecursionError) as error:
        raise DefinitionError(
            f"a component holds a value that has no canonical form: {error}",
            hint="components are JSON: finite numbers, integers below 2**53, well-formed text",
        ) from error


def _with_doubles(body: Any) -> Any:
    """The body with floats again where a canonical form was read back: 1e16 is written as ``10000000000000000``."""
    if isinstance(body, int) and abs(body) >= _MAX_SAFE:
        return float(body) if rfc8785.dumps(float(body)) == str(body).encode() else body
    if isinstance(body, dict):
        return {key: _with_doubles(item) for key, item in body.items()}
    return [_with_doubles(item) for item in body] if isinstance(body, (list, tuple)) else body


def digest_of(body: Any) -> str:
    """The digest of a component's body: 64 hexadecimal digits."""
    return hashlib.sha256(canonical_bytes(body)).hexdigest()


def ordered_schema(schema: Any) -> Any:
    """A JSON Schema in a form whose property order survives canonical sorting.

    Property order steers generation, so it is part of what shapes an answer: every ``properties`` mapping becomes a
    list of ``[name, schema]`` pairs. What is data in a schema (a default, an enum) stays as it is. The inverse is
    :func:`plain_schema`.
    """
    if isinstance(schema, list):
        return [ordered_schema(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    ordered: dict[str, Any] = {}
    for key, item in schema.items():
        if key == "properties" and isinstance(item, dict):
            ordered[key] = [[name, ordered_schema(value)] for name, value in item.items()]
        else:
            ordered[key] = item if key in _DATA_KEYWORDS else ordered_schema(item)
    return ordered


def plain_schema(ordered: Any) -> Any:
    """The JSON Schema that :func:`ordered_schema` was given."""
    if isinstance(ordered, list):
        return [plain_schema(item) for item in ordered]
    if not isinstance(ordered, dict):
        return ordered
    schema: dict[str, Any] = {}
    for key, item in ordered.items():
        if key == "properties" and isinstance(item, list):
            schema[key] = {name: plain_schema(value) for name, value in item}
        else:
            schema[key] = item if key in _DATA_KEYWORDS else plain_schema(item)
    return schema


def short(digest: str) -> str:
    """The first twelve digits, as shown to people."""
    return digest[:SHORT_DIGEST]
