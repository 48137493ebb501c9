"""Two samples side by side, as every two-sample test takes them: checked once, then plain arrays."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.errors import InputError
from genops.stats.clusters import cluster_codes

Of: TypeAlias = Literal["vectors", "numbers", "categories"]
"""What rows are: a point in space, a number, or one of several kinds."""
Codes: TypeAlias = NDArray[np.intp]
Labels: TypeAlias = Sequence[Hashable]


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """The rows of the reference and, after them, those of the current window.

    Attributes:
        of: What a row is.
        values: float32 of shape (n, d) for vectors, float64 of shape (n,) for numbers, intp codes of shape (n,) from 0
            for categories. All finite.
        reference: How many rows, the first ones, are of the reference.
        groups: Number of each row's group, from 0, of shape (n,). Rows of one group (a session, a document) are not
            independent; a group has rows of one window only: a session that goes on through both counts as two.
        contexts: Number of each row's known context (language, tenant, topic), from 0, of shape (n,); None where none
            is known. A context's number means the same in both windows. Where they are known, rows are relabelled
            within them (:attr:`strata`), and tests ask whether each context's rows are as they were.
        categories: Names of the categories, by their codes.
    """

    of: Of
    values: NDArray[Any]
    reference: int
    groups: Codes
    contexts: Codes | None = None
    categories: tuple[str, ...] = ()

    @property
    def strata(self) -> Codes:
        """Of each group the number of the set of contexts that it has rows of, from 0, of shape (groups,).

        Groups change sides with those of their stratum alone. All are of one where no context is known.
        """
        if self.contexts is None:
            return np.zeros(int(self.groups.max()) + 1, dtype=np.intp)
        return strata_of(self.groups, self.contexts)

    @property
    def n(self) -> int:
        """Rows of both windows."""
        return len(self.values)

    @property
    def current(self) -> int:
        """Rows of the current window."""
        return self.n - self.reference

    @property
    def is_current(self) -> NDArray[np.bool_]:
        """Whether each row is of the current window, of shape (n,)."""
        return np.arange(self.n) >= self.reference

    @classmethod
    def of_vectors(
        cls,
        reference: NDArray[Any],
        current: NDArray[Any],
        *,
        groups: tuple[Labels, Labels] | None = None,
        contexts: tuple[Labels, Labels] | None = None,
    ) -> Samples:
        """Points of one space.

        Args:
            reference: Of shape (m, d).
            current: Of shape (n, d).
            groups: Of the rows of either; None where each row stands alone.
            contexts: Of the rows of either; None where they are not known.

        Raises:
            InputError: A window is empty, its vectors are of another dimension, or a number is not finite.
        """
        for name, rows in (("reference", reference), ("current window", current)):
            if rows.ndim != 2 or not len(rows) or not rows.shape[1]:
                raise InputError(f"the {name} has no vectors: its shape is {rows.shape}")
        if reference.shape[1] != current.shape[1]:
            raise InputError(
                f"vectors of {reference.shape[1]} and of {current.shape[1]} dimensions cannot be compared",
                hint="embed both windows with the same embedder",
            )
        values = np.concatenate([reference, current]).astype(np.float32, copy=False)
        return cls._made("vectors", values, len(reference), groups, contexts)

    @classmethod
    def of_numbers(
        cls,
        reference: Sequence[float] | NDArray[Any],
        current: Sequence[float] | NDArray[Any],
        *,
        groups: tuple[Labels, Labels] | None = None,
        contexts: tuple[Labels, Labels] | None = None,
    ) -> Samples:
        """Numbers, one a row.

        Args:
            reference: Of shape (m,).
            current: Of shape (n,).
            groups: Of the rows of either; None where each row stands alone.
            contexts: Of the rows of either; None where they are not known.

        Raises:
            InputError: A window is empty, or a number is not finite.
        """
        values = np.concatenate([np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)])
        return cls._made("numbers", values, len(reference), groups, contexts)

    @classmethod
    def of_categories(
        cls,
        reference: Sequence[str],
        current: Sequence[str],
        *,
        groups: tuple[Labels, Labels] | None = None,
        contexts: tuple[Labels, Labels] | None = None,
    ) -> Samples:
        """Categories, one a row; their codes are in the order of their names.

        Args:
            reference: m names.
            current: n names.
            groups: Of the rows of either; None where each row stands alone.
            contexts: Of the rows of either; None where they are not known.

        Raises:
            InputError: A window is empty.
        """
        names = sorted({*reference, *current})
        codes = {name: code for code, name in enumerate(names)}
        values = np.array([codes[name] for name in (*reference, *current)], dtype=np.intp)
        return cls._made("categories", values, len(reference), groups, contexts, tuple(names))

    @classmethod
    def _made(
        cls,
        of: Of,
        values: NDArray[Any],
        reference: int,
        groups: tuple[Labels, Labels] | None,
        contexts: tuple[Labels, Labels] | None,
        categories: tuple[str, ...] = (),
    ) -> Samples:
        if not 0 < reference < len(values):
            raise InputError("the reference has no rows" if not reference else "the current window has no rows")
        finite = np.isfinite(values).reshape(len(values), -1).all(axis=1)
        if not finite.all():
            row = int(np.flatnonzero(~finite)[0])
            where = f"row {row + 1} of the reference" if row < reference else f"row {row - reference + 1} now"
            raise InputError(f"{where} holds what is no finite number", hint="leave such rows out, and say how many")
        named: list[Hashable] | None = None
        if groups is not None:
            named = [(window, name) for window, names in enumerate(groups) for name in names]
        known = None if contexts is None else cluster_codes([*contexts[0], *contexts[1]], len(values))[0]
        return cls(of, values, reference, cluster_codes(named, len(values))[0], known, categories)


def strata_of(groups: Codes, contexts: Codes) -> Codes:
    """Of each group the number of the set of contexts that it has rows of, from 0, of shape (groups,).

    Args:
        groups: Of each row, from 0, of shape (n,).
        contexts: Of each row, from 0, of shape (n,).
    """
    kinds = int(contexts.max()) + 1
    pairs = np.unique(groups * kinds + contexts)
    starts = np.flatnonzero(np.diff(pairs // kinds))
    numbers: dict[bytes, int] = {}
    sets = np.split(pairs % kinds, starts + 1)
    return np.array([numbers.setdefault(held.tobytes(), len(numbers)) for held in sets], dtype=np.intp)


def in_proportion(order: Codes, strata: Codes) -> Codes:
    """The same in an order of which every beginning has about the whole's share of each stratum.

    Within a stratum the order stays; so does all of it where there is but one.

    Args:
        order: Numbers of groups.
        strata: Of all groups.
    """
    own = strata[order]
    by_stratum = np.argsort(own, kind="stable")
    sizes = np.bincount(own)
    place = np.empty(len(order))
    place[by_stratum] = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[own[by_stratum]]
    return order[np.argsort((place + 0.5) / sizes[own], kind="stable")]
