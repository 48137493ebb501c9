"""Things named by the beginning of their hexadecimal digits."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, Select

from genops.errors import ReferenceNotFound

SHORTEST_PREFIX = 4
CANDIDATES = 5


def unique_prefix(connection: Connection, prefix: str, noun: str, *names: Select[tuple[str]]) -> str:
    """The one among some names, each of hexadecimal digits, that begins with ``prefix``.

    Args:
        connection: To the database.
        prefix: In either case.
        noun: What is named.
        names: Queries for one column each.

    Raises:
        ReferenceNotFound: There is none, there are several, or the prefix is too short to say.
    """
    prefix = prefix.lower()
    if len(prefix) < SHORTEST_PREFIX or not re.fullmatch("[0-9a-f]+", prefix):
        raise ReferenceNotFound(
            f"{prefix!r} is not the beginning of any {noun}'s id",
            hint=f"give {SHORTEST_PREFIX} hexadecimal digits or more",
        )
    found = _beginning_with(connection, prefix, names)
    if len(found) == 1 or prefix in found:
        return found[0]
    shown = ", ".join(value[:12] for value in found[:CANDIDATES])
    if found:
        more = ", …" if len(found) > CANDIDATES else ""
        raise ReferenceNotFound(f"{prefix!r} is the beginning of several {noun}s", hint=f"one of {shown}{more}")
    near = _beginning_with(connection, prefix[:SHORTEST_PREFIX], names) or _beginning_with(connection, "", names)
    shown = ", ".join(value[:12] for value in near[:CANDIDATES])
    raise ReferenceNotFound(
        f"no {noun} begins with {prefix!r}", hint=f"there are {shown}" if shown else "there are none"
    )


def begins_with(digits: ColumnElement[str], prefix: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """A range condition that an index serves: ``g`` is above every hexadecimal digit."""
    return digits >= prefix, digits < prefix + "g"


def _beginning_with(connection: Connection, prefix: str, names: Iterable[Select[tuple[str]]]) -> list[str]:
    """The first names that begin so, in order, one more than is shown of them."""
    found: set[str] = set()
    for query in names:
        (digits,) = query.selected_columns
        wanted = query.where(*begins_with(digits, prefix)).distinct().order_by(digits).limit(CANDIDATES + 1)
        found.update(connection.scalars(wanted))
    return sorted(found)
