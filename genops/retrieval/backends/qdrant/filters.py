"""A filter as Qdrant's conditions.

A row's payload has under ``fields`` the values of text, truth values and lists; under ``ranks`` the place of a number
or a text among the field's distinct values, so that ranges are exact for both; and in ``has`` the names of all fields
that the document has.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from genops.retrieval.document import Scalar
from genops.retrieval.filters import And, Comparison, Filter, Kinds, Membership, Not, Or, checked_kind

if TYPE_CHECKING:
    from qdrant_client import models

FIELDS, RANKS, HAS = "fields", "ranks", "has"

Values = Callable[[str], Sequence[Any]]
"""The distinct values of a field, rising."""


def key_of(part: str, field: str) -> str:
    """A field's place in a payload; quoted, because names of metadata may have letters that are not ASCII."""
    return f'{part}."{field}"'


def condition_of(wanted: Filter, kinds: Kinds, values: Values) -> models.Filter:
    """The rows that a filter leaves.

    Args:
        wanted: The filter.
        kinds: What each field holds.
        values: Asked only where an order decides.

    Raises:
        InputError: It names a field that no document has, or compares one with values of another type.
    """
    from qdrant_client import models

    match wanted:
        case And(parts):
            return models.Filter(must=[condition_of(part, kinds, values) for part in parts])
        case Or(parts) if parts:
            return models.Filter(should=[condition_of(part, kinds, values) for part in parts])
        case Or():
            return _nothing()
        case Not(part):
            return models.Filter(must_not=[condition_of(part, kinds, values)])
        case Membership(field, operator, among):
            return _among(field, checked_kind(wanted, kinds), among, operator == "not in", values)
        case Comparison(field, ("==" | "!=") as operator, value):
            return _among(field, checked_kind(wanted, kinds), [value], operator == "!=", values)
        case Comparison(field, operator, value):
            checked_kind(wanted, kinds)
            return _ordered(field, operator, value, values(field))


def _among(field: str, kind: str, among: Iterable[Scalar], negated: bool, values: Values) -> models.Filter:
    from qdrant_client import models

    if kind == "numbers":
        among, key = _ranks_of(among, values(field)), key_of(RANKS, field)
    else:
        among, key = list(among), key_of(FIELDS, field)
    is_one: list[Any] = []
    if kind == "truth values":
        is_one = [models.FieldCondition(key=key, match=models.MatchValue(value=value)) for value in among]
    elif among:
        is_one = [models.FieldCondition(key=key, match=models.MatchAny(any=among))]
    if not negated:
        return models.Filter(should=is_one) if is_one else _nothing()
    present = models.FieldCondition(key=HAS, match=models.MatchValue(value=field))
    return models.Filter(must=[present], must_not=is_one)


def _ordered(field: str, operator: str, value: Scalar, rising: Sequence[Any]) -> models.Filter:
    from qdrant_client import models

    at = bisect_left(rising, value) if operator in ("<", ">=") else bisect_right(rising, value)
    within = models.Range(lt=at) if operator in ("<", "<=") else models.Range(gte=at)
    return models.Filter(must=[models.FieldCondition(key=key_of(RANKS, field), range=within)])


def _ranks_of(among: Iterable[Any], rising: Sequence[Any]) -> list[int]:
    places = ((value, bisect_left(rising, value)) for value in among)
    return sorted({at for value, at in places if at < len(rising) and rising[at] == value})


def _nothing() -> models.Filter:
    from qdrant_client import models

    return models.Filter(must=[models.HasIdCondition(has_id=[])])
