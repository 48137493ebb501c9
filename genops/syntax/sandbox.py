"""The one Jinja2 environment family that templates and expressions run in: sandboxed, immutable, strict."""

from __future__ import annotations

import base64
import json
import re
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_REPEATED = 10_000_000
MAX_BITS = 100_000
MAX_WIDTH = 100_000

_WIDTH = re.compile(r"%(?:\([^)]*\))?[-+ #0]*(\*|[0-9]*)(?:\.(\*|[0-9]*))?")


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, strict about undefined names and the same every time.

    Underscored names cannot be reached, values cannot be changed, nothing random is offered, and one multiplication,
    power or ``%`` format is bounded in what it can produce. A loop is bounded by ``range`` (100,000) alone: templates
    and chains are the project's own code, and only the values in them are other people's.
    """

    intercepted_binops = frozenset(["*", "**", "%"])

    def __init__(self, **options: Any) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, **options)
        self.filters.update(_FILTERS)
        del self.filters["random"]
        del self.globals["lipsum"]

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A mapping's own key before a method of that name: an input may be called ``items``."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Refuses an operation that would fill the memory.

        Raises:
            SecurityError: The result would be too large.
        """
        if operator == "**":
            _check_power(left, right)
        elif operator == "*":
            _check_product(left, right)
        elif isinstance(left, (str, bytes)):
            _check_format(left)
        return super().call_binop(context, operator, left, right)


def _check_power(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int) and abs(left).bit_length() * right > MAX_BITS and abs(left) > 1:
        raise SecurityError("the power is too large")


def _check_product(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() + right.bit_length() > MAX_BITS:
            raise SecurityError("the product is too large")
        return
    for value, count in ((left, right), (right, left)):
        if (
            isinstance(value, (str, bytes, list, tuple))
            and isinstance(count, int)
            and len(value) * count > MAX_REPEATED
        ):
            raise SecurityError("the repeated value is too large")


def _check_format(text: str | bytes) -> None:
    shown = text if isinstance(text, str) else text.decode("latin-1")
    for width in (width for match in _WIDTH.finditer(shown) for width in match.groups() if width):
        if width == "*" or len(width) > 6 or int(width) > MAX_WIDTH:
            raise SecurityError("the width of the format is too large, or not a constant")


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
