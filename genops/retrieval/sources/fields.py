"""The fields of a record, as the settings of a source name them, made the parts of a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from genops.errors import DefinitionError, nearest
from genops.index_settings import FieldType, RecordFields
from genops.retrieval.document import MetadataValue, key_problem
from genops.retrieval.sources.values import Misfit, metadata_value, modified_value, name_value, text_value

_ABSENT = object()


def declared(fields: RecordFields) -> dict[str, FieldType | None]:
    """The fields that are metadata, with their types; None for the value's own."""
    if isinstance(fields.metadata, dict):
        return dict(fields.metadata)
    return dict.fromkeys(fields.metadata)


def named(fields: RecordFields) -> list[str]:
    """All fields that the settings name."""
    names = [fields.id, *texts(fields), fields.title, *declared(fields), fields.modified]
    return [name for name in names if name is not None]


def texts(fields: RecordFields) -> list[str]:
    """The fields that are the text."""
    return [fields.text] if isinstance(fields.text, str) else fields.text or []


def check_fields(fields: RecordFields, source: str) -> None:
    """Checks that metadata can be filtered by the names that it would have.

    Args:
        fields: Of the source.
        source: The source, for messages.

    Raises:
        DefinitionError: A name is not an identifier, or two fields would have the same.
    """
    keys: dict[str, str] = {}
    for name in declared(fields):
        key = _key(name)
        if problem := key_problem(key):
            raise DefinitionError(
                f"source {source!r}: metadata {name!r} {problem}", hint="rename the field in the records"
            )
        other = keys.setdefault(key, name)
        if other != name:
            raise DefinitionError(f"source {source!r}: metadata {other!r} and {name!r} would both be called {key!r}")


def id_and_text(fields: RecordFields, record: Mapping[str, Any], position: str) -> tuple[str, str]:
    """The name and the text of a record.

    Args:
        fields: Of the source.
        record: The record.
        position: Its name when no field holds one.

    Raises:
        Misfit: One of the fields is missing, is not text, or the name is empty.
    """
    name = position
    if fields.id is not None:
        with _naming(fields.id):
            name = name_value(_required(record, fields.id))
            if not name:
                raise Misfit("is empty")
    parts = []
    for field in texts(fields):
        with _naming(field):
            parts.append(text_value(_required(record, field)))
    return name, "\n\n".join(part for part in parts if part)


def title_of(field: str | None, record: Mapping[str, Any]) -> str:
    """The title of a record, on one line; empty where it has none.

    Raises:
        Misfit: It is not text.
    """
    if field is None:
        return ""
    with _naming(field):
        return " ".join(name_value(_optional(record, field)).split())


def metadata_of(fields: RecordFields, record: Mapping[str, Any], *, parse: bool) -> dict[str, MetadataValue]:
    """The metadata of a record; fields without a value are left out.

    Args:
        fields: Of the source.
        record: The record.
        parse: Whether text is parsed as the declared type (see :func:`metadata_value`).

    Raises:
        Misfit: A value is not of its type.
    """
    metadata: dict[str, MetadataValue] = {}
    for name, kind in declared(fields).items():
        with _naming(name):
            value = metadata_value(_optional(record, name), kind, parse=parse)
        if value is not None:
            metadata[_key(name)] = value
    return metadata


def modified_of(fields: RecordFields, record: Mapping[str, Any]) -> int | None:
    """When a record was modified, in nanoseconds since the epoch; None where it does not say.

    Raises:
        Misfit: It is not a time.
    """
    if fields.modified is None:
        return None
    with _naming(fields.modified):
        return modified_value(_optional(record, fields.modified))


def _key(name: str) -> str:
    """The name to filter by: a dotted name's last part."""
    return name.rpartition(".")[2]


def _optional(record: Mapping[str, Any], name: str) -> Any:
    """The value of a field, which may be inside objects (``meta.year``); None where there is none."""
    value = _find(record, name)
    return None if value is _ABSENT else value


def _required(record: Mapping[str, Any], name: str) -> Any:
    value = _find(record, name)
    if value is _ABSENT:
        raise Misfit(f"is missing ({nearest(name, map(str, record))})")
    return value


def _find(record: Mapping[str, Any], name: str) -> Any:
    if name in record:
        return record[name]
    outer, dot, inner = name.partition(".")
    below = record.get(outer) if dot else None
    return _find(below, inner) if isinstance(below, Mapping) else _ABSENT


@contextmanager
def _naming(name: str) -> Iterator[None]:
    try:
        yield
    except Misfit as misfit:
        raise Misfit(f"field {name!r} {misfit}") from None
