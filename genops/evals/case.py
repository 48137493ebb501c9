"""A case: one row of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from genops.artifacts import Value

LEAST_WEIGHT, LARGEST_WEIGHT = 1e-6, 1e9
"""Beside a larger one a case, or a score, is lost in the rounding of sums."""


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to ask a chain, and what is known about the right answer.

    Attributes:
        id: Unique in its dataset.
        inputs: The chain's inputs.
        expected: What scorers compare with; None when nothing is known.
        tags: Free marks to filter by.
        weight: How much it counts in means; from a millionth to a billion.
        cluster: Cases that are not independent (of one document, of one session) share one; None for a case alone.
        split: The part of the dataset that it belongs to (``train``, ``test``); empty for none.
        critical: Whether the gate fails when this case does.
        metadata: Whatever else is known; scorers and expressions may read it.
        scorers: Scorers of this case alone, beside those of the suite, in the suite's notation.
        plants: What is put into a copy of the chain before the case is run (:mod:`genops.evals.planting`).
        may_decline: Whether a run that a guard stopped is scored, on an empty output.
    """

    id: str
    inputs: Mapping[str, Value]
    expected: Value = None
    tags: tuple[str, ...] = ()
    weight: float = 1.0
    cluster: str | None = None
    split: str = ""
    critical: bool = False
    metadata: Mapping[str, Value] = field(default_factory=dict)
    scorers: tuple[Any, ...] = ()
    plants: tuple[Any, ...] = ()
    may_decline: bool = False

    @property
    def asked(self) -> Mapping[str, Value]:
        """The inputs, with what is planted where anything is: cases that have it in common ask the same."""
        return asked(self.inputs, self.plants)

    def variables(self) -> dict[str, Any]:
        """What an expression over the case can read: its fields, by their names."""
        return {
            "id": self.id,
            "inputs": self.inputs,
            "expected": self.expected,
            "tags": list(self.tags),
            "weight": self.weight,
            "cluster": self.cluster,
            "split": self.split,
            "critical": self.critical,
            "metadata": self.metadata,
        }


def asked(inputs: Mapping[str, Value], plants: tuple[Any, ...]) -> Mapping[str, Value]:
    """:attr:`Case.asked` of a case that is still to be made."""
    return {**inputs, "plants": list(plants)} if plants else inputs
