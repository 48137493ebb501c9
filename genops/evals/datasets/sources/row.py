"""A row of a source, before it is a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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

    def error(self, message: str, hint: str | None = None) -> InputError:
        """An error that names the row."""
        return InputError(message, at=self.at, hint=hint)
