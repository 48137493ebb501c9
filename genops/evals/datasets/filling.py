"""Fills up what rows lack with the defaults of their dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genops.evals.datasets.sources.row import Row

Parts = dict[str, dict[str, Any]]
"""Values of a row by what they are: fields of a case under the empty name, ``inputs`` and ``metadata``."""

_BY_NAME = ("inputs", "metadata")


def fill(parts: Parts, defaults: Parts, row: Row) -> None:
    """Puts defaults where a row has nothing, or an empty cell; ``inputs`` and ``metadata`` are filled up name by name.

    Both are told apart by what columns mean, so that a default is for a value whatever its column is called.

    Raises:
        InputError: The defaults' ``inputs`` or ``metadata`` are no mapping.
    """
    fields = parts[""]
    for name, default in defaults[""].items():
        if name not in _BY_NAME and _is_lacking(fields.get(name), row):
            fields[name] = default
    for name in _BY_NAME:
        named = _named(defaults, name, row)
        if named and fields.get(name) is None:
            fields.pop(name, None)
        whole = fields.get(name)
        spelled = whole if isinstance(whole, Mapping) else {}
        for key, default in named.items():
            if key not in spelled and _is_lacking(parts[name].get(key), row):
                parts[name][key] = default


def _named(defaults: Parts, name: str, row: Row) -> dict[str, Any]:
    whole = defaults[""].get(name)
    if whole is not None and not isinstance(whole, Mapping):
        raise row.error(f"`defaults`: `{name}` is a mapping")
    return {**(whole or {}), **defaults[name]}


def _is_lacking(value: Any, row: Row) -> bool:
    return value is None or (row.table and value == "")
