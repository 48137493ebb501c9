"""Filters on ``modified``: moments as people write them, compared as documents have them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from genops.errors import InputError
from genops.retrieval.document import Scalar
from genops.retrieval.filters.filter import And, Comparison, Filter, Membership, Not, Or
from genops.retrieval.sources.values import Misfit, modified_value
from genops.syntax.moment import moment

MODIFIED: Final = "modified"
_AGO = re.compile(r"\d{1,9}[smhdw]")


def with_moments(wanted: Filter) -> Filter:
    """A filter whose conditions on ``modified`` count nanoseconds since the epoch, as documents do.

    A moment is ISO 8601 (UTC where it names no zone), seconds since the epoch, or ``7d`` for seven days ago.

    Raises:
        InputError: A document's time is compared with something else.
    """
    match wanted:
        case And(parts):
            return And(tuple(map(with_moments, parts)))
        case Or(parts):
            return Or(tuple(map(with_moments, parts)))
        case Not(part):
            return Not(with_moments(part))
        case Comparison(field, _, value) if field == MODIFIED:
            return replace(wanted, value=_nanoseconds(value))
        case Membership(field, _, values) if field == MODIFIED:
            return replace(wanted, values=tuple(map(_nanoseconds, values)))
        case _:
            return wanted


def _nanoseconds(value: Scalar) -> int:
    if isinstance(value, str) and _AGO.fullmatch(value):
        return moment(value, MODIFIED)
    try:
        found = modified_value(value)
    except Misfit:
        found = None
    if found is None:
        raise InputError(
            f"filter: field {MODIFIED!r} is a time and cannot be compared with {value!r}",
            hint='write "2026-11-03" or "2026-11-03T08:00Z" (UTC where it names no zone), seconds since the epoch,'
            ' or "7d" for seven days ago',
        )
    return found
