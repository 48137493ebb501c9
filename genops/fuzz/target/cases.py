"""The harmless cases that carry attacks: what a chain is for, one of which stands around every attack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random

from genops.artifacts import Value
from genops.errors import UsageError
from genops.evals.datasets import Dataset
from genops.fuzz.target.entry import StepEntry

MOST = 1_000
"""Cases that carry attacks: of larger datasets so many are drawn."""


class HarmlessCases(Mapping[str, Mapping[str, Value]]):
    """Inputs of harmless cases by their ids, read as they are asked for; at least one.

    Those that it iterates over carry attacks. Any other of the dataset can be looked up all the same, as findings name
    the case that carried them, and which are drawn depends on how many there are.

    Args:
        dataset: That they are in.
        numbers: Of those that carry attacks.
        entry: The step that attacks enter at, and what it is given in each; None for the chain's inputs.

    Raises:
        UsageError: The step runs in none of them.
    """

    def __init__(self, dataset: Dataset, numbers: Iterable[int], entry: StepEntry | None = None) -> None:
        self._dataset = dataset
        self._entry = entry
        numbered = {dataset[number].id: number for number in numbers}
        self._numbers = {id: n for id, n in numbered.items() if entry is None or id in entry.given}
        if entry is not None and not self._numbers:
            what = f"the step {entry.step!r} does not run in any of the {len(numbered):,} cases that were drawn"
            raise UsageError(what, hint="take cases in which it runs: dataset: {…, where: …}")

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of those that it iterates over."""
        return tuple(self._numbers.values())

    @property
    def first(self) -> Mapping[str, Value]:
        """Inputs of the first one, for which a target is prepared."""
        return self[next(iter(self))]

    def __getitem__(self, id: str) -> Mapping[str, Value]:
        number = self._numbers.get(id)
        if number is None:
            number = next((place for place, case in enumerate(self._dataset) if case.id == id), None)
        if number is None:
            raise KeyError(id)
        inputs = self._dataset[number].inputs
        return {**inputs, **self._entry.inputs(id)} if self._entry is not None else inputs

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def draw_cases(numbers: Sequence[int], most: int, seed: int) -> list[int]:
    """Numbers of the cases that carry attacks, ascending: all there are, or as many as may be.

    Args:
        numbers: Of all that are meant.
        most: How many tries there are to be for an objective; no more cases are needed.
        seed: Of the campaign.
    """
    return sorted(Random(f"cases {seed}").sample(list(numbers), min(len(numbers), MOST, max(most, 1))))
