"""A row of a source, before it is a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from genops.errors import InputError, Location


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        at: Where it stands.
        values: By column.
        table: Whether every row has the same columns, so that an empty value is none.
        text: Whether values are text, to be read by the type that each should have.
    """

    at: Location
    values: Mapping[str, Any]
    table: bool = False
    text: bool = False

    def with_defaults(self, defaults: Mapping[str, Any]) -> Row:
        """The row with columns that it lacks; ``inputs`` and ``metadata`` are filled up name by name."""
        values = dict(self.values)
        for name, default in defaults.items():
            own = values.get(name)
            if own is None or (self.table and own == ""):
                values[name] = default
            elif isinstance(own, Mapping) and isinstance(default, Mapping):
                values[name] = {**default, **own}
        return replace(self, values=values)

    def error(self, message: str, hint: str | None = None) -> InputError:
        """An error that names the row."""
        return InputError(message, at=self.at, hint=hint)
