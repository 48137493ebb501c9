"""Documents' metadata as typed columns, and which rows a filter leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from genops.retrieval.document import MetadataValue
from genops.retrieval.filters.column import Column, ScalarColumn, column_of
from genops.retrieval.filters.filter import And, Comparison, Filter, Membership, Not, Or
from genops.retrieval.filters.kinds import Kinds, checked_kind

if TYPE_CHECKING:
    from genops.retrieval.filters.column import Mask


@dataclass(frozen=True)
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
            case Membership(_, operator, values):
                column = self._column(wanted)
                return column.among(values) if operator == "in" else column.present & ~column.among(values)
            case Comparison():
                return self._comparison(wanted)

    def _comparison(self, wanted: Comparison) -> Mask:
        column = self._column(wanted)
        if wanted.operator == "==":
            return column.among([wanted.value])
        if wanted.operator == "!=":
            return column.present & ~column.among([wanted.value])
        assert isinstance(column, ScalarColumn)
        return column.ordered(wanted.operator, wanted.value)

    def _column(self, wanted: Comparison | Membership) -> Column:
        """The column of a field that is looked at."""
        checked_kind(wanted, self.kinds)
        column = self.by_field[wanted.field]
        assert not isinstance(column, str)
        return column

    @cached_property
    def kinds(self) -> Kinds:
        """What each field holds."""
        return {name: column if isinstance(column, str) else column.kind for name, column in self.by_field.items()}
