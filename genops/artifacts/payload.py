"""Payloads: stored values as typed, versioned bytes, addressed by the SHA-256 of those bytes.

The encoding is one header byte and a body. Header ``j``: JSON by orjson, mapping order kept. Header ``b``: raw bytes.
Header ``e``: JSON with escapes, for what plain JSON cannot hold without loss: ``{"$": "bytes", "v": base64}``, ``text``
with lone surrogates (base64 of its UTF-8, surrogates let through), ``float`` for NaN and infinities, ``int`` beyond 64
bits (hexadecimal), and ``map``, a list of pairs, for a mapping with a key that is ``$`` or has a lone surrogate. The
same value always takes the same form, so equal values of equal types have equal digests.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import orjson

Value: TypeAlias = "None | bool | int | float | str | bytes | list[Value] | dict[str, Value]"

MAX_DEPTH = 200

_INT64 = range(-(2**63), 2**63)
_SCALARS = frozenset({str, bool, int, float, bytes, type(None)})
_NEVER_ESCAPED = frozenset({str, bool, type(None)})


@dataclasses.dataclass(frozen=True, slots=True)
class Payload:
    """A stored value: its bytes and their digest."""

    digest: str
    data: bytes


def normalise(value: Any) -> Value:
    """The plain value that a payload of ``value`` decodes to: what runs on is what was recorded.

    Tuples become lists; dataclasses and pydantic models become mappings; everything else must be plain already.

    Raises:
        TypeError: The value cannot be recorded; the message names its type.
    """
    return _normal(value, MAX_DEPTH)


def _normal(value: Any, depth: int) -> Value:
    if type(value) in _SCALARS:
        return value  # type: ignore[no-any-return]
    if isinstance(value, (str, int, float, bytes)):
        return _plain_scalar(value)
    if depth == 0:
        raise TypeError(f"a value that nests deeper than {MAX_DEPTH} levels, or holds itself, cannot be recorded")
    if isinstance(value, (list, tuple)):
        return [_normal(item, depth - 1) for item in value]
    if isinstance(value, (dict, Mapping)):
        return {key if type(key) is str else _plain_key(key): _normal(item, depth - 1) for key, item in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _normal(getattr(value, f.name), depth - 1) for f in dataclasses.fields(value)}
    dump = getattr(type(value), "model_dump", None)
    if callable(dump):
        return _normal(dump(value, mode="json"), depth - 1)
    raise TypeError(
        f"a value of type {type(value).__name__} cannot be recorded; "
        "use JSON values, bytes, dataclasses or pydantic models"
    )


def _plain_key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a mapping key of type {type(key).__name__} cannot be recorded; use text keys")
    return str.__str__(key)


def _plain_scalar(value: str | int | float | bytes) -> Value:
    """The value without its subclass: a str enum's text, ``numpy.float64`` as a float and the like."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    return float.__float__(value) if isinstance(value, float) else bytes.__getitem__(value, slice(None))


def encode(value: Value) -> Payload:
    """Encodes a normalised value.

    Raises:
        TypeError: The value is not plain (see :func:`normalise`).
    """
    data = payload_bytes(value)
    return Payload(hashlib.sha256(data).hexdigest(), data)


def payload_bytes(value: Value) -> bytes:
    """The bytes of a normalised value's payload, where nobody asks for their digest.

    Raises:
        TypeError: The value is not plain (see :func:`normalise`).
    """
    if isinstance(value, bytes):
        return b"b" + value
    if needs_escapes(value):
        return _escaped_json(value)
    try:
        return b"j" + orjson.dumps(value)
    except orjson.JSONEncodeError:  # only a lone surrogate is left that orjson refuses
        return _escaped_json(value)


def _escaped_json(value: Value) -> bytes:
    return b"e" + json.dumps(_escaped(value), ensure_ascii=True, separators=(",", ":")).encode("ascii")


def decode(data: bytes) -> Value:
    """The value that :func:`encode` was given.

    Raises:
        ValueError: The bytes are not a payload of a known form.
    """
    header, body = data[:1], data[1:]
    if header == b"j":
        return orjson.loads(body)  # type: ignore[no-any-return]
    if header == b"b":
        return body
    if header == b"e":
        try:
            return _restored(json.loads(body))
        except (KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"a damaged payload: {error}") from None
    raise ValueError(f"unknown payload form {header!r}")


def json_form(value: Value) -> Any:
    """A value for a line of JSON: itself where JSON can hold it, else in the escaped form of payloads."""
    data = payload_bytes([value] if isinstance(value, bytes) else value)
    return json.loads(data[1:]) if data[:1] == b"e" else value


def needs_escapes(value: Value) -> bool:
    """Whether plain JSON would lose something of this value, lone surrogates left aside: those orjson refuses."""
    kind = type(value)
    if kind in _NEVER_ESCAPED:
        return False
    if kind is int:
        return value not in _INT64
    if kind is float:
        return not math.isfinite(value)  # type: ignore[arg-type]
    if kind is bytes:
        return True
    if isinstance(value, dict):
        if "$" in value:
            return True
        items: Iterable[Value] = value.values()
    elif isinstance(value, list):
        items = value
    else:
        raise TypeError(f"a value of type {kind.__name__} is not plain; normalise it first")
    for item in items:
        kind = type(item)
        if kind not in _NEVER_ESCAPED and not (kind is int and item in _INT64) and needs_escapes(item):
            return True
    return False


def _escaped(value: Value) -> Any:
    if isinstance(value, bytes):
        return {"$": "bytes", "v": base64.b64encode(value).decode("ascii")}
    if isinstance(value, str):
        return _escaped_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return {"$": "float", "v": repr(value)}
    if isinstance(value, int) and value not in _INT64:
        return {"$": "int", "v": hex(value)}
    if isinstance(value, dict):
        if "$" in value or any(_has_surrogate(key) for key in value):
            return {"$": "map", "v": [[_escaped_text(key), _escaped(item)] for key, item in value.items()]}
        return {key: _escaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    return value


def _escaped_text(text: str) -> Any:
    """Text as it is; wrapped where it has surrogates, two of which JSON's escapes would join to one character."""
    if not _has_surrogate(text):
        return text
    return {"$": "text", "v": base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")}


def _has_surrogate(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _restored(value: Any) -> Value:
    if isinstance(value, list):
        return [_restored(item) for item in value]
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]
    match value.get("$"):
        case None:
            return {key: _restored(item) for key, item in value.items()}
        case "bytes":
            return base64.b64decode(value["v"])
        case "text":
            return base64.b64decode(value["v"]).decode("utf-8", "surrogatepass")
        case "float":
            return float(value["v"])
        case "int":
            return int(value["v"], 16)
        case "map":
            return {str(_restored(key)): _restored(item) for key, item in value["v"]}
        case tag:
            raise ValueError(f"unknown escape {tag!r} in a payload")
