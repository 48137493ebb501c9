"""Payloads: stored values as typed, versioned bytes, addressed by the SHA-256 of those bytes.

The encoding is one header byte and a body. Header ``j``: JSON by orjson, mapping order kept. Header ``e``: JSON with
escapes, for what plain JSON cannot hold without loss: lone surrogates, NaN and infinities, integers beyond 64 bits
and bytes (``{"$": "bytes", "v": base64}`` and the like; a mapping that has a key ``$`` itself is wrapped too). Header
``b``: raw bytes. The same value always takes the same form, so equal values have equal digests.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import orjson

Value: TypeAlias = "None | bool | int | float | str | bytes | list[Value] | dict[str, Value]"

_INT64 = range(-(2**63), 2**63)


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
    if value is None or isinstance(value, (str, bool, int, float, bytes)):
        return _plain_scalar(value)
    if isinstance(value, Mapping):
        out: dict[str, Value] = {}
        for key, item in value.items():
            if not isinstance(key, str):
                raise TypeError(f"a mapping key of type {type(key).__name__} cannot be recorded; use text keys")
            out[str(key)] = normalise(item)
        return out
    if isinstance(value, (list, tuple)):
        return [normalise(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: normalise(getattr(value, f.name)) for f in dataclasses.fields(value)}
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return normalise(dump(mode="json"))
    raise TypeError(
        f"a value of type {type(value).__name__} cannot be recorded; use JSON values, bytes, dataclasses or pydantic models"
    )


def _plain_scalar(value: Any) -> Value:
    kind = type(value)
    if kind in (str, bool, int, float, bytes, type(None)):
        return value  # type: ignore[no-any-return]
    for plain in (str, int, float):
        if isinstance(value, plain):
            return plain(value)  # a str enum, numpy.float64 and the like
    return bytes(value)


def encode(value: Value) -> Payload:
    """Encodes a normalised value.

    Raises:
        TypeError: The value is not plain (see :func:`normalise`).
    """
    if isinstance(value, bytes):
        data = b"b" + value
    elif needs_escapes(value):
        data = b"e" + json.dumps(_escaped(value), ensure_ascii=True, separators=(",", ":")).encode("ascii")
    else:
        try:
            data = b"j" + orjson.dumps(value)
        except orjson.JSONEncodeError:  # only a lone surrogate is left that orjson refuses
            data = b"e" + json.dumps(_escaped(value), ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return Payload(hashlib.sha256(data).hexdigest(), data)


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
        return _restored(json.loads(body))
    raise ValueError(f"unknown payload form {header!r}")


def needs_escapes(value: Value) -> bool:
    """Whether plain JSON would lose something of this value."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return False
    if kind is float:
        return not math.isfinite(value)  # type: ignore[arg-type]
    if kind is int:
        return value not in _INT64
    if kind is bytes:
        return True
    if isinstance(value, dict):
        return "$" in value or any(needs_escapes(item) for item in value.values())
    if isinstance(value, list):
        return any(needs_escapes(item) for item in value)
    raise TypeError(f"a value of type {kind.__name__} is not plain; normalise it first")


def _escaped(value: Value) -> Any:
    if isinstance(value, bytes):
        return {"$": "bytes", "v": base64.b64encode(value).decode("ascii")}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$": "float", "v": repr(value)}
    if isinstance(value, dict):
        items = {key: _escaped(item) for key, item in value.items()}
        return {"$": "map", "v": items} if "$" in value else items
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    return value


def _restored(value: Any) -> Value:
    if isinstance(value, dict):
        tag = value.get("$")
        if tag == "bytes":
            return base64.b64decode(value["v"])
        if tag == "float":
            return float(value["v"])
        items = value["v"] if tag == "map" else value
        return {key: _restored(item) for key, item in items.items()}
    if isinstance(value, list):
        return [_restored(item) for item in value]
    return value  # type: ignore[no-any-return]
