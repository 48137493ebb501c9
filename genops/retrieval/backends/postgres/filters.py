"""A filter as SQL over a segment's documents ``d``, whose ``fields`` is a JSON object. Every value is a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from genops.retrieval.document import Scalar
from genops.retrieval.filters import And, Comparison, Filter, Kinds, Membership, Not, Or, checked_kind

Condition = tuple[str, list[Any]]
"""SQL that is true or false and never null, with its parameters."""

_NUMBER = "(CASE WHEN jsonb_typeof(d.fields -> %s) = 'number' THEN (d.fields ->> %s)::numeric {} ELSE false END)"
_NUL = "\0"
_NEVER: Condition = ("false", [])
_CASTS = {"text": "text", "numbers": "numeric", "truth values": "boolean"}


def condition_of(wanted: Filter, kinds: Kinds) -> Condition:
    """The documents that a filter leaves.

    Raises:
        InputError: It names a field that no document has, or compares one with values of another type.
    """
    match wanted:
        case And(parts):
            return _joined([condition_of(part, kinds) for part in parts], "AND", "true")
        case Or(parts):
            return _joined([condition_of(part, kinds) for part in parts], "OR", _NEVER[0])
        case Not(part):
            return _negated(condition_of(part, kinds))
        case Membership(field, operator, values):
            among = _among(field, checked_kind(wanted, kinds), values)
            return among if operator == "in" else _present(field, _negated(among))
        case Comparison(field, ("==" | "!=") as operator, value):
            equal = _equal(field, checked_kind(wanted, kinds), value)
            return equal if operator == "==" else _present(field, _negated(equal))
        case Comparison(field, operator, value):
            if checked_kind(wanted, kinds) == "numbers":
                return _NUMBER.format(f"{operator} %s::numeric"), [field, field, str(value)]
            order, text = _without_nul(operator, str(value))
            return f'coalesce((d.fields ->> %s) COLLATE "C" {order} %s, false)', [field, text]


def _equal(field: str, kind: str, value: Scalar) -> Condition:
    if kind == "lists of text":
        return _among(field, kind, [value])
    if _NUL in str(value):
        return _NEVER
    operand = str(value) if kind == "numbers" else value
    return f"d.fields @> jsonb_build_object(%s::text, %s::{_CASTS[kind]})", [field, operand]


def _among(field: str, kind: str, values: Sequence[Scalar]) -> Condition:
    values = [value for value in values if _NUL not in str(value)]
    if kind == "lists of text":
        return "coalesce(d.fields -> %s ?| %s::text[], false)", [field, values]
    if kind == "numbers":
        return _NUMBER.format("= ANY(%s::numeric[])"), [field, field, [str(value) for value in values]]
    texts = [value if isinstance(value, str) else str(value).lower() for value in values]
    return "coalesce(d.fields ->> %s = ANY(%s::text[]), false)", [field, texts]


def _without_nul(operator: str, text: str) -> tuple[str, str]:
    """The same comparison by what PostgreSQL can hold: no document's text has a NUL, so none lies between both."""
    before, found, _ = text.partition(_NUL)
    return ("<=" if operator in ("<", "<=") else ">", before) if found else (operator, text)


def _present(field: str, condition: Condition) -> Condition:
    return f"(d.fields ? %s AND {condition[0]})", [field, *condition[1]]


def _negated(condition: Condition) -> Condition:
    return f"NOT {condition[0]}", condition[1]


def _joined(parts: Sequence[Condition], word: str, nothing: str) -> Condition:
    if not parts:
        return nothing, []
    return f"({f' {word} '.join(text for text, _ in parts)})", [value for _, values in parts for value in values]
