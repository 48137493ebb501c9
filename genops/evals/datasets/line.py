"""Cases as lines of JSON: one form for equal cases, nothing lost on the way back."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from genops.artifacts import decode, payload_bytes
from genops.evals.case import Case

_LISTS = ("tags", "scorers", "plants")
_FIELDS: tuple[tuple[str, Any, bool], ...] = tuple(
    (
        field.name,
        field.default_factory() if field.default_factory is not MISSING else field.default,
        field.name in _LISTS,
    )
    for field in fields(Case)
)


def record_of(case: Case) -> dict[str, Any]:
    """A case as a mapping in the order of its fields; what is as by default is left out."""
    return {
        name: list(value) if is_list and not isinstance(value, str) else value
        for name, default, is_list in _FIELDS
        if (value := getattr(case, name)) != default
    }


def line_of(case: Case) -> bytes:
    """A case of plain values as a line, its end included. Mappings inside keep their order: it can shape a prompt."""
    return payload_bytes(record_of(case))[1:] + b"\n"


def case_of(line: bytes) -> Case:
    """The case of a line."""
    escaped = b'"$"' in line  # what is escaped has that key, and what only has that text reads the same either way
    fields: Any = decode((b"e" if escaped else b"j") + line)
    for name in _LISTS:
        if name in fields:
            fields[name] = tuple(fields[name])
    return Case(**fields)
