"""The canonical form of a component and its digest (RFC 8785 JSON Canonicalization Scheme, SHA-256)."""

from __future__ import annotations

import hashlib
from typing import Any, TypeAlias

import rfc8785

from genops.errors import DefinitionError

Json: TypeAlias = "None | bool | int | float | str | list[Json] | dict[str, Json]"

DIGEST_LENGTH = 64
SHORT_DIGEST = 12


def canonical_bytes(body: Any) -> bytes:
    """The canonical JSON of a component's body: keys sorted, numbers in their shortest form, UTF-8.

    Raises:
        DefinitionError: The body holds what canonical JSON cannot (NaN, an integer beyond 2**53, a lone surrogate).
    """
    try:
        return rfc8785.dumps(body)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise DefinitionError(
            f"a component holds a value that has no canonical form: {error}",
            hint="components are JSON: finite numbers, integers below 2**53, well-formed text",
        ) from error


def digest_of(body: Any) -> str:
    """The digest of a component's body: 64 hexadecimal digits."""
    return hashlib.sha256(canonical_bytes(body)).hexdigest()


def ordered_schema(schema: Any) -> Any:
    """A JSON Schema in a form whose property order survives canonical sorting.

    Property order steers generation, so it is part of what shapes an answer: every ``properties`` mapping becomes a
    list of ``[name, schema]`` pairs. The inverse is :func:`plain_schema`.
    """
    if isinstance(schema, dict):
        return {
            key: [[name, ordered_schema(value)] for name, value in item.items()]
            if key == "properties" and isinstance(item, dict)
            else ordered_schema(item)
            for key, item in schema.items()
        }
    if isinstance(schema, list):
        return [ordered_schema(item) for item in schema]
    return schema


def plain_schema(ordered: Any) -> Any:
    """The JSON Schema that :func:`ordered_schema` was given."""
    if isinstance(ordered, dict):
        return {
            key: {name: plain_schema(value) for name, value in item}
            if key == "properties" and isinstance(item, list)
            else plain_schema(item)
            for key, item in ordered.items()
        }
    if isinstance(ordered, list):
        return [plain_schema(item) for item in ordered]
    return ordered


def short(digest: str) -> str:
    """The first twelve digits, as shown to people."""
    return digest[:SHORT_DIGEST]
