"""One metadata field over all rows: its distinct values in order, and for each row the number of its value.

Equality, membership and ranges become comparisons of small integers, exact for every type, and as fast for text as
for numbers.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, TypeAlias

from genops.retrieval.document import Scalar
from genops.retrieval.filters.filter import Ordering

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Codes = NDArray[np.int32]

Kind: TypeAlias = Literal["text", "numbers", "truth values", "lists of text"]
_MISSING: Final = -1


class Column(Protocol):
    """A field's values by row.

    Attributes:
        kind: What it holds; decides what it can be compared with.
        present: The rows that have a value.
    """

    @property
    def kind(self) -> Kind: ...  # noqa: D102 - see Attributes

    @property
    def present(self) -> Mask: ...  # noqa: D102 - see Attributes

    def among(self, values: Iterable[Scalar]) -> Mask:
        """The rows whose value, or one of whose items, is one of ``values``. These are of the column's type."""
        ...


@dataclass(frozen=True, slots=True)
class ScalarColumn:
    """At most one value a row.

    Attributes:
        kind: What it holds.
        rising: The distinct values, each above the one before it.
        codes: For each row, the index of its value in ``rising``, or -1.
    """

    kind: Kind
    rising: Sequence[Any]
    codes: Codes

    @property
    def present(self) -> Mask:
        """The rows that have a value."""
        import numpy as np

        return np.not_equal(self.codes, _MISSING)

    def among(self, values: Iterable[Scalar]) -> Mask:
        """The rows whose value is one of ``values``."""
        import numpy as np

        wanted = _codes_of(values, self.rising)
        if len(wanted) == 1:
            return np.equal(self.codes, wanted[0])
        chosen = np.zeros(len(self.rising) + 1, dtype=np.bool_)  # the last one is that of missing values
        chosen[wanted] = True
        return chosen[self.codes]

    def ordered(self, operator: Ordering, value: Scalar) -> Mask:
        """The rows whose value is below (or at, or above) ``value``."""
        match operator:
            case "<":
                return self.present & (self.codes < bisect_left(self.rising, value))
            case "<=":
                return self.present & (self.codes < bisect_right(self.rising, value))
            case ">":
                return self.codes >= bisect_right(self.rising, value)
            case ">=":
                return self.codes >= bisect_left(self.rising, value)


@dataclass(frozen=True, slots=True)
class ListColumn:
    """Any number of items a row.

    Attributes:
        rising: The distinct items, each above the one before it.
        rows: The rows that have the first item, then those that have the second, and so on.
        starts: Where in ``rows`` those of each item begin, and at last where they end.
        present: The rows that have a list, be it an empty one.
    """

    rising: Sequence[str]
    rows: Codes
    starts: Codes
    present: Mask

    @classmethod
    def of(cls, count: int, rows: Codes, lists: Sequence[Sequence[str]]) -> ListColumn:
        """The column of ``count`` rows, of which ``rows`` have ``lists``."""
        import numpy as np

        present = np.zeros(count, dtype=np.bool_)
        present[rows] = True
        rising, codes = _coded([item for items in lists for item in items])
        by_item = np.repeat(rows, [len(items) for items in lists])[np.argsort(codes, kind="stable")]
        ends = np.cumsum(np.bincount(codes, minlength=len(rising)))
        return cls(rising, by_item, np.concatenate([[0], ends]).astype(np.int32), present)

    @property
    def kind(self) -> Kind:
        """Lists of text."""
        return "lists of text"

    def among(self, values: Iterable[Scalar]) -> Mask:
        """The rows that have one of ``values`` as an item."""
        import numpy as np

        found = np.zeros(len(self.present), dtype=np.bool_)
        for code in _codes_of(values, self.rising):
            found[self.rows[self.starts[code] : self.starts[code + 1]]] = True
        return found


def column_of(count: int, rows: Sequence[int], values: Sequence[Any]) -> Column | str:
    """A field's column.

    Args:
        count: Rows in all.
        rows: Those that have a value, rising.
        values: The value of each of them. NaN counts as missing; text among lists as a list of one.

    Returns:
        The column, or what it holds when its values do not compare with each other.
    """
    import numpy as np

    held: Counter[Kind] = Counter()
    for type_, occurrences in Counter(map(type, values)).items():
        held[_kind(type_)] += occurrences
    if len(held) > 1 and held.keys() != {"lists of text", "text"}:
        return ", ".join(f"{kind} ({held[kind]:,})" for kind in sorted(held))
    numbers = np.asarray(rows, dtype=np.int32)
    if "lists of text" in held:
        return ListColumn.of(count, numbers, [value if isinstance(value, list) else [value] for value in values])
    (kind,) = held
    if kind == "numbers":
        numbers = numbers[[value == value for value in values]]  # NaN alone differs from itself
        values = [value for value in values if value == value]
    rising, codes = _coded(values)
    scattered = np.full(count, _MISSING, dtype=np.int32)
    scattered[numbers] = codes
    return ScalarColumn(kind, rising, scattered)


def _kind(type_: type) -> Kind:
    if issubclass(type_, bool):
        return "truth values"
    if issubclass(type_, int | float):
        return "numbers"
    if issubclass(type_, list):
        return "lists of text"
    if issubclass(type_, str):
        return "text"
    raise TypeError(f"metadata cannot hold {type_.__name__}")


def _coded(values: Sequence[Any]) -> tuple[list[Any], Codes]:
    import numpy as np

    rising = sorted(set(values))
    code_of = {value: code for code, value in enumerate(rising)}
    return rising, np.fromiter((code_of[value] for value in values), dtype=np.int32, count=len(values))


def _codes_of(values: Iterable[Scalar], rising: Sequence[Any]) -> list[int]:
    found = set()
    for value in values:
        code = bisect_left(rising, value)
        if code < len(rising) and rising[code] == value:
            found.add(code)
    return sorted(found)
