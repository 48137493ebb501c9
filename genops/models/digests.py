"""What makes two model calls the same call."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from genops.artifacts import ordered_schema
from genops.models.types import Model, ModelRequest


def identity(model: Model) -> dict[str, str | None]:
    """The model as recordings name it: ``{"id", "revision", "adapter"}``, with no alias and no place in it.

    A ``recorded/…`` model has the identity of the model that it stands for.
    """
    name = model.model_id if model.provider == "recorded" else f"{model.provider}/{model.model_id}"
    return {"id": name, "revision": model.alias.revision, "adapter": model.alias.adapter}


def request_digest(model: Model, request: ModelRequest) -> str:
    """The digest of a request to a model, under whatever alias: 64 hexadecimal digits."""
    return sha256_json([identity(model), canonical_request(request)])


def canonical_request(request: ModelRequest) -> dict[str, Any]:
    """The request in a form where mapping order does not matter, except the order of a schema's properties."""
    return {
        **request.to_value(),
        "tools": ordered_schema(request.tools),
        "response_format": ordered_schema(request.response_format),
    }


def sha256_json(value: Any) -> str:
    """SHA-256 of a value's JSON with sorted keys and ASCII escapes.

    Unlike RFC 8785 this takes any text and number: what users send may hold lone surrogates.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
