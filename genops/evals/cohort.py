"""The cases that an evaluation asks: what has to be known of all of them before the first is asked."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from genops.evals.case import Case


@dataclass
class Cohort:
    """What is known of the cases that were noted.

    Attributes:
        case_weights: Of cases, by their numbers; those that are left out weigh 1.
        critical_ids: Ids of the cases that must pass, by their numbers.
    """

    case_weights: dict[int, float] = field(default_factory=dict)
    critical_ids: dict[int, str] = field(default_factory=dict)
    _members: dict[str | int, array[int]] = field(default_factory=dict)
    _weights: dict[str | int, float] = field(default_factory=dict)

    def noted(self, cases: Sequence[Case], numbers: Iterable[int]) -> Iterator[Case]:
        """Cases as they are read, each noted before it is handed on.

        Args:
            cases: All there are.
            numbers: Of those that are asked.
        """
        for number in numbers:
            case = cases[number]
            key: str | int = number if case.cluster is None else case.cluster
            self._members.setdefault(key, array("q")).append(number)
            self._weights[key] = self._weights.get(key, 0.0) + case.weight
            if case.weight != 1:
                self.case_weights[number] = case.weight
            if case.critical:
                self.critical_ids[number] = case.id
            yield case

    @property
    def clusters(self) -> Sequence[array[int]]:
        """Numbers of cases that are independent of each other only as a whole, in the order of the dataset."""
        return list(self._members.values())

    @property
    def cluster_weights(self) -> Sequence[float]:
        """The total weight of each cluster."""
        return list(self._weights.values())
