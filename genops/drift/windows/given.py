"""Rows that Python gives as observations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from genops.drift.windows.observation import Observation, Wants
from genops.drift.windows.reference import Sources
from genops.errors import UsageError


@dataclass(frozen=True, slots=True, eq=False)
class GivenSource:
    """Texts, numbers, mappings whose fields are variables, or an array of vectors.

    Attributes:
        rows: What was given.
    """

    rows: Any

    @classmethod
    def of(cls, value: Any) -> GivenSource:
        """The source of a sequence or an array.

        Raises:
            UsageError: An array has no rows of numbers.
        """
        if isinstance(value, np.ndarray) and value.ndim not in (1, 2):
            raise UsageError(f"an array of shape {value.shape} has no rows", hint="shape (n, d), or (n,) for numbers")
        return cls(value)

    @property
    def name(self) -> str:
        """How many there are."""
        return f"{len(self.rows):,} given rows"

    def observations(self, sources: Sources, wants: Wants) -> Iterator[Observation]:
        """Every row; a mapping's ``group`` groups it."""
        for number, row in enumerate(self.rows, start=1):
            yield _observation(row, number)


def _observation(row: Any, number: int) -> Observation:
    if isinstance(row, Mapping):
        return Observation(id=str(row.get("id", number)), variables=row, group=str(row.get("group") or ""))
    if isinstance(row, np.ndarray):
        return Observation(id=str(number), variables={"vector": row.astype(np.float32)})
    if isinstance(row, Sequence) and not isinstance(row, str):
        return Observation(id=str(number), variables={"vector": np.asarray(row, dtype=np.float32)})
    return Observation(id=str(number), variables={"text" if isinstance(row, str) else "value": _plain(row)})


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
