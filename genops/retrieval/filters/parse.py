"""The data form of filters, as JSON, YAML, TOML and Python literals write it."""

from __future__ import annotations

import math
from typing import Any, Final, get_args

from genops.errors import InputError
from genops.retrieval.document import Scalar
from genops.retrieval.filters.filter import And, Comparison, Filter, Membership, Not, Or, Ordering

MAX_DEPTH: Final = 32
_COMPARISONS: Final = ("==", "!=", *get_args(Ordering))
_MEMBERSHIPS: Final = ("in", "not in")
_EXAMPLE: Final = 'write {"year": {">=": 2020}, "lang": "en"}'


def parse_filter(raw: Any) -> Filter:
    """A filter from its data form.

    A mapping holds conditions that must all hold: ``{"lang": "en", "year": {">=": 2020, "<": 2024}}``. Under a field
    stands a value that it must equal, or operators with their values: ``==  !=  <  <=  >  >=`` and, with a list,
    ``in`` and ``not in``. ``{"and": [...]}``, ``{"or": [...]}`` and ``{"not": {...}}`` combine filters; an empty
    mapping holds for everything.

    Raises:
        InputError: It is not a filter; the message says where in it.
    """
    return _filter(raw, "", 0)


def _filter(raw: Any, path: str, depth: int) -> Filter:
    if not isinstance(raw, dict):
        raise _error(path, f"a filter is a mapping, not {_named(raw)}", _EXAMPLE)
    if depth > MAX_DEPTH:
        raise _error(path, f"nested more than {MAX_DEPTH} deep", None)
    return _all([_condition(name, value, path, depth) for name, value in raw.items()])


def _all(parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _condition(name: Any, value: Any, path: str, depth: int) -> Filter:
    if not isinstance(name, str) or not name:
        raise _error(path, f"a field's name is text, not {_named(name)}", _EXAMPLE)
    at = f"{path}.{name}" if path else name
    match name:
        case "and" | "or":
            if not isinstance(value, list):
                raise _error(at, f"takes a list of filters, not {_named(value)}", None)
            parts = tuple(_filter(part, f"{at}[{number}]", depth + 1) for number, part in enumerate(value))
            return And(parts) if name == "and" else Or(parts)
        case "not":
            return Not(_filter(value, at, depth + 1))
        case _ if name in _COMPARISONS or name in _MEMBERSHIPS:
            raise _error(at, "an operator where a field's name belongs", _EXAMPLE)
        case _ if isinstance(value, dict):
            return _operators(name, value, at)
        case _:
            return Comparison(name, "==", _scalar(value, at))


def _operators(field: str, raw: dict[Any, Any], at: str) -> Filter:
    if not raw:
        raise _error(at, "no operator", f"known: {', '.join((*_COMPARISONS, *_MEMBERSHIPS))}")
    return _all([_operator(field, operator, value, at) for operator, value in raw.items()])


def _operator(field: str, operator: Any, value: Any, at: str) -> Filter:
    if operator in _COMPARISONS:
        compared = _scalar(value, f"{at}.{operator}")
        if operator not in ("==", "!=") and isinstance(compared, bool):
            raise _error(f"{at}.{operator}", "truth values have no order", "use == or !=")
        return Comparison(field, operator, compared)
    if operator in _MEMBERSHIPS:
        if not isinstance(value, list | tuple):
            raise _error(f"{at}.{operator}", f"takes a list of values, not {_named(value)}", None)
        values = tuple(_scalar(item, f"{at}.{operator}[{number}]") for number, item in enumerate(value))
        return Membership(field, operator, values)
    raise _error(at, f"unknown operator {operator!r}", f"known: {', '.join((*_COMPARISONS, *_MEMBERSHIPS))}")


def _scalar(value: Any, at: str) -> Scalar:
    match value:
        case str() | bool() | int():
            return value
        case float() if not math.isnan(value):
            return value
        case float():
            raise _error(at, "NaN compares with nothing", None)
        case None:
            raise _error(at, "null compares with nothing", "a missing field satisfies nothing but `not`")
        case list() | tuple():
            raise _error(at, "a list is no value", f'write {{"in": {value!r}}}')
        case _:
            hint = "write dates as ISO 8601 text in quotes" if hasattr(value, "isoformat") else None
            raise _error(at, f"{_named(value)} is no value: text, a number, true or false", hint)


def _named(value: Any) -> str:
    match value:
        case None:
            return "null"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return f"{value!r:.60}"


def _error(path: str, what: str, hint: str | None) -> InputError:
    return InputError(f"filter: {path}: {what}" if path else f"filter: {what}", hint=hint)
