"""Whether a condition fits what its field holds, wherever the documents are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast, get_args

from genops.errors import InputError, nearest
from genops.retrieval.filters.column import Kind
from genops.retrieval.filters.filter import Comparison, Membership, Ordering

Kinds: TypeAlias = Mapping[str, Kind | str]
"""What each field holds; other words where its values do not compare with each other."""

_TYPES: dict[Kind, type | tuple[type, ...]] = {
    "text": str,
    "lists of text": str,
    "truth values": bool,
    "numbers": (int, float),
}


def checked_kind(wanted: Comparison | Membership, kinds: Kinds) -> Kind:
    """What the field of a condition holds, when it can be compared with the condition's values, and in that way.

    Raises:
        InputError: No document has the field, or it holds something else.
    """
    field = wanted.field
    if field not in kinds:
        raise InputError(f"filter: no document has a field {field!r}", hint=nearest(field, kinds))
    if kinds[field] not in _TYPES:
        raise InputError(
            f"filter: field {field!r} holds {kinds[field]}: they do not compare with each other",
            hint="give the field one type in all documents",
        )
    kind = cast(Kind, kinds[field])
    for value in wanted.values if isinstance(wanted, Membership) else [wanted.value]:
        if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind == "numbers"):
            raise InputError(
                f"filter: field {field!r} holds {kind} and cannot be compared with {value!r}",
                hint="quotes decide: 2020 is a number and '2020' is text",
            )
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            raise InputError(
                f"filter: the value for field {field!r} holds a lone surrogate, which is not text",
                hint="check how it was decoded",
            )
    if kind in ("lists of text", "truth values") and wanted.operator in get_args(Ordering):
        raise InputError(f"filter: field {field!r} holds {kind}: {wanted.operator} has no meaning")
    return kind
