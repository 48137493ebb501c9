"""Values of fields as what a document holds: typed metadata, a time, a name."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from genops.index_settings import FieldType
from genops.retrieval.document import MetadataValue, value_problem

_SECONDS = re.compile(r"[0-9]{9,11}(\.[0-9]+)?")
"""Text that is seconds since the epoch and no date of ISO 8601: the years 1973 to 5138."""
_YES = frozenset({"true", "yes", "1"})
_NO = frozenset({"false", "no", "0"})
_TIMES = (datetime, date, time)


class Misfit(ValueError):
    """A value that is not what its field should hold; the message goes on from the field's name."""


def plain(value: Any) -> Any:
    """A value of a database as JSON has it: times in ISO 8601, decimals as numbers, identifiers as text."""
    if isinstance(value, _TIMES):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    if isinstance(value, UUID):
        return str(value)
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def metadata_value(value: Any, kind: FieldType | None, *, parse: bool) -> MetadataValue | None:
    """A field as metadata; None where it has no value.

    A whole number is taken as text or float where that is declared, a float without fraction as int.

    Args:
        value: What the record has.
        kind: The declared type; None for the value's own.
        parse: Whether text is parsed as the declared type (a list is separated by ``;``) and empty text is no value,
            as in CSV.

    Raises:
        Misfit: It is not of that type, or of none that metadata can have.
    """
    value = plain(value)
    if value is None or (parse and isinstance(value, str) and not value.strip()):
        return None
    if kind is not None:
        found = _parse(value.strip(), kind) if parse and isinstance(value, str) else _AS[kind](value, parse)
        if found is None:
            raise Misfit(f"is {_shown(value)}, not {kind}")
        value = found
    if problem := value_problem(value):
        raise Misfit(problem)
    checked: MetadataValue = value
    return checked


def modified_value(value: Any) -> int | None:
    """A time as nanoseconds since the epoch: ISO 8601 (UTC where it says no zone) or seconds; None for no value.

    Raises:
        Misfit: It is neither.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        if isinstance(value, str):
            text = value.strip()
            value = Decimal(text) if _SECONDS.fullmatch(text) else datetime.fromisoformat(text)
        elif isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time())
        if isinstance(value, datetime):
            aware = value if value.tzinfo else value.replace(tzinfo=UTC)
            since = aware - datetime.fromtimestamp(0, UTC)
            return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000
        if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
            datetime.fromtimestamp(float(value), UTC)  # refuses what is no time
            return int(Decimal(value) * 10**9)
    except (ValueError, OverflowError, OSError, ArithmeticError):
        pass
    raise Misfit(f"is {_shown(value)}, not a time in ISO 8601 or seconds since the epoch")


def text_value(value: Any) -> str:
    r"""A field as text with ``\n`` for every line end; empty where it has no value.

    Raises:
        Misfit: It is something else than text.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Misfit(f"is {_shown(value)}, not text")
    return value.replace("\r\n", "\n").replace("\r", "\n")


def name_value(value: Any) -> str:
    """A field as a name: text or a whole number; empty where it has no value.

    Raises:
        Misfit: It is something else.
    """
    value = plain(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text_value(value).strip()


def _parse(text: str, kind: FieldType) -> MetadataValue | None:
    try:
        match kind:
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "bool":
                return True if text.lower() in _YES else False if text.lower() in _NO else None
            case "list":
                return [part.strip() for part in text.split(";") if part.strip()]
            case "str":
                return text
    except ValueError:
        return None


def _as_str(value: Any, parse: bool) -> MetadataValue | None:
    return value if isinstance(value, str) else str(value) if _is_int(value) else None


def _as_int(value: Any, parse: bool) -> MetadataValue | None:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if _is_int(value) else None


def _as_float(value: Any, parse: bool) -> MetadataValue | None:
    return float(value) if isinstance(value, float) or _is_int(value) else None


def _as_bool(value: Any, parse: bool) -> MetadataValue | None:
    if parse and _is_int(value) and value in (0, 1):  # a database without a type of its own for it
        return bool(value)
    return value if isinstance(value, bool) else None


def _as_list(value: Any, parse: bool) -> MetadataValue | None:
    return value if isinstance(value, list) else None


_AS: dict[FieldType, Callable[[Any, bool], MetadataValue | None]] = {
    "str": _as_str,
    "int": _as_int,
    "float": _as_float,
    "bool": _as_bool,
    "list": _as_list,
}


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
