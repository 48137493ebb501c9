"""What a search may be narrowed by: conditions on documents' metadata, as immutable values.

Made by :func:`~genops.retrieval.filters.parse.parse_filter`; read with ``match``, by whatever keeps the documents
(columns in memory here, SQL or a vector database elsewhere). All of them mean the same:

- A field that a document lacks satisfies no comparison and no membership, negated ones included; only :class:`Not`
  turns that round.
- Text compares by code points, so that ISO 8601 dates compare by time. Integers and floats compare as numbers, by
  value. Values of different types never compare: that is an error and not a mismatch.
- A field that holds a list equals, or is in, what any of its items equals or is in; ``!=`` and ``not in`` are the
  opposites. Lists and truth values have no order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from genops.retrieval.document import Scalar

Ordering: TypeAlias = Literal["<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field against one value: ``year >= 2020``."""

    field: str
    operator: Literal["==", "!="] | Ordering
    value: Scalar

    def fields(self) -> set[str]:
        """The names of the fields that are looked at."""
        return {self.field}


@dataclass(frozen=True, slots=True)
class Membership:
    """A field against several values: ``lang in (en, id)``. Nothing is in no values, and everything is not."""

    field: str
    operator: Literal["in", "not in"]
    values: tuple[Scalar, ...]

    def fields(self) -> set[str]:
        """The names of the fields that are looked at."""
        return {self.field}


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds; with no part, always."""

    parts: tuple[Filter, ...]

    def fields(self) -> set[str]:
        """The names of the fields that are looked at."""
        return {name for part in self.parts for name in part.fields()}


@dataclass(frozen=True, slots=True)
class Or:
    """Some part holds; with no part, never."""

    parts: tuple[Filter, ...]

    def fields(self) -> set[str]:
        """The names of the fields that are looked at."""
        return {name for part in self.parts for name in part.fields()}


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold, be it because the field is missing."""

    part: Filter

    def fields(self) -> set[str]:
        """The names of the fields that are looked at."""
        return self.part.fields()


Filter: TypeAlias = Comparison | Membership | And | Or | Not
