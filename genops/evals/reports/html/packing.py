"""Texts packed for a page: gzipped JSON in base64, which cannot end the element that it stands in."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence
from typing import Any

import orjson

from genops.artifacts.payload import needs_escapes
from genops.page import browser_value


def packed(values: Sequence[bytes]) -> str:
    """A list of values, each of which :func:`page_json` gave."""
    return base64.b64encode(gzip.compress(b"[" + b",".join(values) + b"]", compresslevel=6, mtime=0)).decode("ascii")


def page_json(value: dict[str, Any]) -> bytes:
    """A value as JSON that means the same to a browser."""
    if not needs_escapes(value):
        try:
            return orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
        except orjson.JSONEncodeError:  # a lone surrogate, or an integer beyond a browser's
            pass
    return json.dumps(browser_value(value), ensure_ascii=True, separators=(",", ":"), allow_nan=False).encode("ascii")
