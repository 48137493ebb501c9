"""What an evaluation's statistics need of its cases: ids, weights and clusters."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.errors import GenopsError
from genops.evals.datasets import Dataset
from genops.stats import drawn_weights


@dataclass(frozen=True)
class Cases:
    """The cases that have samples, in the order of their numbers.

    Attributes:
        numbers: In the dataset.
        ids: Of each.
        weights: Of each; None where all are equal.
        clusters: A number for the cluster of each; None where no two share one.
        own_scorers: Scorers that single cases bring along, as they were written.
        stands_for: How many like itself each case stands for, where a weighted draw ended before all were made; weights
            know of that. None where each stands for itself.
        missing: Why weights and clusters are not known; empty where they are.
    """

    numbers: NDArray[np.int64]
    ids: tuple[str, ...]
    weights: NDArray[np.float64] | None = None
    clusters: NDArray[np.int64] | None = None
    own_scorers: tuple[Any, ...] = ()
    stands_for: NDArray[np.float64] | None = None
    missing: str = ""

    @property
    def cluster_of(self) -> dict[int, int]:
        """The cluster of each case by its number; empty where no two share one."""
        if self.clusters is None:
            return {}
        return dict(zip(self.numbers.tolist(), self.clusters.tolist(), strict=True))

    @classmethod
    def read(cls, ids: Mapping[int, str], manifest: Mapping[str, Any], data_dir: Path) -> Cases:
        """Reads the cases of an evaluation from its kept dataset.

        Args:
            ids: Of the cases, by their numbers.
            manifest: Of the evaluation.
            data_dir: The project's folder for data.
        """
        numbers = np.array(sorted(ids), dtype=np.int64)
        names = tuple(ids[number] for number in numbers.tolist())
        dataset = manifest["dataset"]
        try:
            cases = Dataset.stored(dataset["digest"], data_dir, dataset["name"])
            return cls._known(numbers, names, cases)
        except (GenopsError, IndexError) as error:
            why = error.message if isinstance(error, GenopsError) else str(error)
            return cls(numbers, names, missing=f"{why}: every case counts the same and stands alone")

    @classmethod
    def _known(cls, numbers: NDArray[np.int64], names: tuple[str, ...], dataset: Dataset) -> Cases:
        weights = np.ones(len(numbers))
        clusters: dict[Hashable, int] = {}
        codes = np.empty(len(numbers), dtype=np.int64)
        own: dict[str, Any] = {}
        for place, number in enumerate(numbers.tolist()):
            case = dataset[number]
            weights[place] = case.weight
            key: Hashable = ("alone", number) if case.cluster is None else case.cluster
            codes[place] = clusters.setdefault(key, len(clusters))
            own.update({repr(use): use for use in case.scorers})
        equal = not len(weights) or bool((weights == weights[0]).all())
        return cls(
            numbers,
            names,
            None if equal else weights,
            codes if len(clusters) < len(numbers) else None,
            tuple(own.values()),
        )

    def as_drawn(self, total_weight: float) -> Cases:
        """The same, each counting as much as makes the first clusters of a weighted draw stand for all of them.

        Args:
            total_weight: Of all cases that are asked.
        """
        weights = np.ones(len(self.numbers)) if self.weights is None else self.weights
        codes = np.arange(len(weights)) if self.clusters is None else self.clusters
        units = np.bincount(codes, weights).astype(np.float64)
        if not len(units) or units.min() == units.max():
            return self
        stands_for = (drawn_weights(units, total_weight) / units)[codes]
        return replace(self, weights=weights * stands_for, stands_for=stands_for)

    def places(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where cases stand, by their numbers."""
        return np.searchsorted(self.numbers, numbers)

    def clusters_of(self, places: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """The clusters of some cases; None where no two of them share one."""
        if self.clusters is None:
            return None
        codes: NDArray[np.int64] = self.clusters[places]
        return codes if len(np.unique(codes)) < len(codes) else None

    def weights_of(self, places: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """The weights of some cases; None where they are equal."""
        return None if self.weights is None else self.weights[places]
