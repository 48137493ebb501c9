"""The one Jinja2 environment family that templates and expressions run in: sandboxed, immutable, strict."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import MutableMapping, Sequence
from functools import lru_cache
from string import Formatter
from typing import Any

from jinja2 import StrictUndefined, filters, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_REPEATED = 10_000_000
MAX_BITS = 100_000
MAX_WIDTH = 100_000

_WIDTH = re.compile(r"%(?:\([^)]*\))?[-+ #0]*(\*|[0-9]*)(?:\.(\*|[0-9]*))?")


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, strict about undefined names and the same every time.

    Underscored names cannot be reached, values cannot be changed, nothing random is offered, and one multiplication,
    power, padding, replacement or format is bounded in what it can produce. A loop is bounded by ``range`` (100,000)
    alone: templates and chains are the project's own code, and only the values in them are other people's.
    """

    intercepted_binops = frozenset(["*", "**", "%"])

    def __init__(self, **options: Any) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, **options)
        self.filters.update(_FILTERS)
        del self.filters["random"]
        del self.globals["lipsum"]

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """A template's globals as one mapping: each rendering copies them, and of a chain that costs five times."""
        return {**self.globals, **(d or {})}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A mapping's own key before a method of that name: an input may be called ``items``."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def call(self, context: Any, function: Any, *args: Any, **options: Any) -> Any:
        """Calls a function or method; a method of text that would fill the memory is refused.

        Raises:
            SecurityError: The result would be too large.
        """
        method = getattr(function, "__wrapped__", function)  # Jinja2 wraps `str.format`
        text = getattr(method, "__self__", None)
        if isinstance(text, (str, bytes)):
            _check_method(method.__name__, text, args)
        return super().call(context, function, *args, **options)

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


def _check_method(name: str, text: Any, args: Sequence[Any]) -> None:
    if name in ("format", "format_map"):
        for _, _, spec, _ in Formatter().parse(text):
            if spec and ("{" in spec or any(len(n) > 6 or int(n) > MAX_WIDTH for n in re.findall("[0-9]+", spec))):
                raise SecurityError("the width of the format is too large, or not a constant")
    elif name in ("center", "ljust", "rjust", "zfill", "expandtabs"):
        _check_width(*args[:1])
    elif name == "replace" and len(args) >= 2:
        _check_replacement(text, *args[:2])


def _check_width(width: Any = 0, lines: int = 1) -> None:
    if isinstance(width, int) and (width > MAX_WIDTH or width * lines > MAX_REPEATED):
        raise SecurityError("the width is too large")


def _check_replacement(text: Any, old: Any, new: Any) -> None:
    if type(text) is type(old) is type(new) and len(text) + text.count(old) * len(new) > MAX_REPEATED:
        raise SecurityError("the text with its replacements is too large")


def _center(value: str, width: int = 80) -> str:
    _check_width(width)
    return filters.do_center(value, width)


def _indent(s: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    _check_width(width if isinstance(width, int) else len(width), s.count("\n") + 1)
    return filters.do_indent(s, width, first, blank)


def _format(value: str, *args: Any, **named: Any) -> str:
    _check_format(str(value))
    return filters.do_format(value, *args, **named)


@pass_eval_context
def _replace(context: Any, s: str, old: str, new: str, count: int | None = None) -> str:
    _check_replacement(str(s), str(old), str(new))
    return filters.do_replace(context, s, old, new, count)


def _b64decode(text: str) -> str:
    return base64.b64decode(text).decode("utf-8", errors="replace")


def _b64encode(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", errors="surrogatepass")).decode("ascii")


def _to_json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)


_FILTERS = {
    "b64decode": _b64decode,
    "b64encode": _b64encode,
    "tojson": _to_json,
    "fromjson": json.loads,
    "center": _center,
    "indent": _indent,
    "format": _format,
    "replace": _replace,
}


@lru_cache(maxsize=1)
def sandbox() -> Sandbox:
    """The shared environment for expressions."""
    return Sandbox()
