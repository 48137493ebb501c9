"""The cases of a dataset as observations: what a chain was made for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from genops.drift.windows.observation import Observation, Wants
from genops.drift.windows.reference import Sources
from genops.errors import ReferenceNotFound, UsageError, nearest
from genops.evals.datasets import DatasetSpec
from genops.evals.datasets.spec import is_dataset_file
from genops.syntax import YamlFile


@dataclass(frozen=True, slots=True)
class DatasetSource:
    """A dataset: a file of cases, that of a suite, or what a suite may say at ``dataset:``.

    Attributes:
        value: As it was written.
    """

    value: Any

    @classmethod
    def of(cls, value: Any) -> DatasetSource:
        """The source of a name, a path or a mapping.

        Raises:
            UsageError: It is neither.
        """
        if not value or not isinstance(value, (str, dict, list)):
            raise UsageError("dataset: which one?", hint="dataset:SUITE or dataset:evals/NAME.jsonl")
        return cls(value)

    @property
    def name(self) -> str:
        """As people wrote it."""
        return f"dataset:{self.value}" if isinstance(self.value, str) else "dataset"

    def observations(self, sources: Sources, wants: Wants) -> Iterator[Observation]:
        """Every case that the dataset selects; cases of one cluster are one group."""
        folder, spec = self._spec(sources)
        dataset = spec.open(sources.settings, folder)
        for number in spec.numbers(dataset):
            case = dataset[number]
            yield Observation(id=case.id, variables=case.variables(), group=case.cluster or "")

    def _spec(self, sources: Sources) -> tuple[Any, DatasetSpec]:
        from genops.evals.suite import Suite

        if not isinstance(self.value, str):
            return sources.folder, DatasetSpec.parse(self.value, YamlFile(self.value, self.name))
        for folder in (sources.folder, sources.settings.root):
            if is_dataset_file(folder / self.value) and (folder / self.value).is_file():
                return folder, DatasetSpec.parse(self.value, YamlFile(self.value, self.name))
        try:
            suite = Suite.load(self.value, sources.settings)
        except ReferenceNotFound:
            known = sorted(path.name for path in (sources.settings.root / sources.settings.paths.evals).glob("*"))
            raise ReferenceNotFound(
                f"no suite and no file of cases is called {self.value!r}", hint=nearest(self.value, known)
            ) from None
        return suite.folder, suite.dataset
