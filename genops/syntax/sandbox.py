"""The one Jinja2 environment family that templates and expressions run in: sandboxed, immutable, strict."""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_REPEATED = 10_000_000


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox with bounds on what one operator can produce, and no access to underscored names."""

    intercepted_binops = frozenset(["*", "**"])

    def __init__(self, **options: Any) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, **options)
        self.filters.update(_FILTERS)
        self.globals.pop("lipsum", None)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuses a product that would fill the memory."""
        if operator == "**" and isinstance(left, int) and isinstance(right, int) and abs(left) > 1 and right > 4096:
            raise SecurityError("the power is too large")
        if operator == "*":
            for a, b in ((left, right), (right, left)):
                if isinstance(a, (str, bytes, list, tuple)) and isinstance(b, int) and len(a) * b > MAX_REPEATED:
                    raise SecurityError("the repeated value is too large")
        return super().call_binop(context, operator, left, right)


def _b64decode(text: str) -> str:
    return base64.b64decode(text).decode("utf-8", errors="replace")


def _b64encode(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", errors="surrogatepass")).decode("ascii")


def _to_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


_FILTERS = {"b64decode": _b64decode, "b64encode": _b64encode, "tojson": _to_json, "fromjson": json.loads}


@lru_cache(maxsize=1)
def sandbox() -> Sandbox:
    """The shared environment for expressions."""
    return Sandbox()
