"""Documents' metadata as typed columns, and which rows a filter leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from genops.errors import InputError, nearest
from genops.retrieval.document import MetadataValue, Scalar
from genops.retrieval.filters.column import Column, Kind, ScalarColumn, column_of
from genops.retrieval.filters.filter import And, Comparison, Filter, Membership, Not, Or

if TYPE_CHECKING:
    from genops.retrieval.filters.column import Mask

_TYPES: dict[Kind, type | tuple[type, ...]] = {
    "text": str,
    "lists of text": str,
    "truth values": bool,
    "numbers": (int, float),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Every metadata field over the same rows.

    Attributes:
        count: Number of rows.
        by_field: A field's column; what it holds, as text, where its values do not compare with each other.
    """

    count: int
    by_field: Mapping[str, Column | str]

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, MetadataValue | None]]) -> Columns:
        """The columns of rows, each a document's metadata. None and NaN count as missing."""
        found: dict[str, tuple[list[int], list[Any]]] = {}
        for number, row in enumerate(rows):
            for name, value in row.items():
                if value is not None:
                    numbers, values = found.setdefault(name, ([], []))
                    numbers.append(number)
                    values.append(value)
        return cls(len(rows), {name: column_of(len(rows), *column) for name, column in found.items()})

    def mask(self, wanted: Filter) -> Mask:
        """The rows that a filter leaves.

        Raises:
            InputError: It names a field that no row has, or compares one with values of another type.
        """
        import numpy as np

        match wanted:
            case And(parts):
                kept = np.ones(self.count, dtype=np.bool_)
                for part in parts:
                    kept &= self.mask(part)
                return kept
            case Or(parts):
                kept = np.zeros(self.count, dtype=np.bool_)
                for part in parts:
                    kept |= self.mask(part)
                return kept
            case Not(part):
                return ~self.mask(part)
            case Membership(field, operator, values):
                column = self._column(field, values)
                return column.among(values) if operator == "in" else column.present & ~column.among(values)
            case Comparison():
                return self._comparison(wanted)

    def _comparison(self, wanted: Comparison) -> Mask:
        column = self._column(wanted.field, [wanted.value])
        if wanted.operator == "==":
            return column.among([wanted.value])
        if wanted.operator == "!=":
            return column.present & ~column.among([wanted.value])
        if not isinstance(column, ScalarColumn) or column.kind == "truth values":
            raise InputError(f"filter: field {wanted.field!r} holds {column.kind}: {wanted.operator} has no meaning")
        return column.ordered(wanted.operator, wanted.value)

    def _column(self, field: str, values: Iterable[Scalar]) -> Column:
        """The column of a field that is to be compared with ``values``."""
        column = self.by_field.get(field)
        if column is None:
            raise InputError(f"filter: no document has a field {field!r}", hint=nearest(field, self.by_field))
        if isinstance(column, str):
            raise InputError(
                f"filter: field {field!r} holds {column}: they do not compare with each other",
                hint="give the field one type in all documents",
            )
        for value in values:
            if not isinstance(value, _TYPES[column.kind]) or (isinstance(value, bool) and column.kind == "numbers"):
                raise InputError(
                    f"filter: field {field!r} holds {column.kind} and cannot be compared with {value!r}",
                    hint="quotes decide: 2020 is a number and '2020' is text",
                )
        return column
