"""Which cases of a dataset are meant: an array of their numbers, no copies."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from genops.chains import is_true
from genops.errors import DefinitionError, InputError, Location, nearest
from genops.evals.case import Case
from genops.syntax import Expression

if TYPE_CHECKING:
    from genops.evals.datasets.dataset import Dataset

_VARIABLES = frozenset(Case("", {}).variables())
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Selection(BaseModel):
    """What is taken of a dataset; everything that is given must hold, and the sample is drawn of the rest.

    Attributes:
        split: Cases of one split, or of several.
        where: A condition over the fields of a case: ``{{ 'hard' in tags }}``.
        filter: Globs that the id or a tag must fit; several with one that fits are enough.
        sample: How many are drawn at random, or a share below 1. Whole clusters are drawn, until there are enough.
        seed: Of the draw.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    split: str | list[str] | None = None
    where: str | None = None
    filter: str | list[str] | None = None
    sample: Count | Share | None = None
    seed: int = Field(default=0, ge=0)

    @field_validator("sample", mode="before")
    @classmethod
    def _sample_is_an_amount(cls, sample: object) -> object:
        whole = isinstance(sample, int) and not isinstance(sample, bool)
        fine = sample is None or (whole and sample >= 1) or (isinstance(sample, float) and 0 < sample < 1)  # type: ignore[operator]
        if not fine:
            raise ValueError(f"{sample!r} is neither a count from 1 nor a share between 0 and 1")
        return sample

    @model_validator(mode="after")
    def _where_is_a_condition(self) -> Self:
        if self.where is not None:
            try:
                _condition(self.where)
            except DefinitionError as error:
                raise ValueError(f"{error.message}; {error.hint}" if error.hint else error.message) from None
        return self

    def numbers(self, dataset: Dataset) -> array[int]:
        """Numbers of the cases that are meant, ascending.

        Raises:
            InputError: None is left, a split is unknown, or the condition fails for a case.
        """
        return self.drawn(self.fitting(dataset), dataset)

    def fitting(self, dataset: Dataset) -> array[int]:
        """Numbers of the cases of which a sample is drawn, ascending.

        Raises:
            InputError: As :meth:`numbers`.
        """
        found, at = array("q", self._fitting(dataset)), Location(dataset.name)
        if not found:
            raise InputError(f"no case of {len(dataset):,} is left", at=at, hint=self._why_none(dataset))
        if isinstance(self.split, list) and (unknown := self._unknown_split(dataset)):
            raise InputError(unknown, at=at, hint="leave it out, or give cases of the dataset that `split`")
        return found

    def drawn(self, found: array[int], dataset: Dataset) -> array[int]:
        """The sample of the cases by whose numbers it is given; all of them where none is asked for.

        Whole clusters in random order, until there are as many cases as wanted.
        """
        if self.sample is None:
            return found
        import numpy as np

        wanted = self.sample if isinstance(self.sample, int) else math.ceil(self.sample * len(found))
        clusters: dict[str | int, list[int]] = {}
        for number in found:
            cluster = dataset[number].cluster
            clusters.setdefault(number if cluster is None else cluster, []).append(number)
        groups, drawn = list(clusters.values()), list[int]()
        for place in np.random.default_rng(self.seed).permutation(len(groups)).tolist():
            if len(drawn) >= wanted:
                break
            drawn += groups[place]
        return array("q", sorted(drawn))

    @property
    def everything(self) -> bool:
        """Whether all cases are meant."""
        return self.split is None and self.where is None and self.filter is None and self.sample is None

    def _fitting(self, dataset: Dataset) -> Iterator[int]:
        if self.split is None and self.where is None and self.filter is None:
            yield from range(len(dataset))
            return
        splits, globs = _listed(self.split), _listed(self.filter)
        condition = _condition(self.where) if self.where is not None else None
        for number, case in enumerate(dataset):
            if splits and case.split not in splits:
                continue
            if globs and not any(fnmatchcase(name, glob) for name in (case.id, *case.tags) for glob in globs):
                continue
            if condition is None or _holds(condition, case, dataset):
                yield number

    def _why_none(self, dataset: Dataset) -> str:
        return self._unknown_split(dataset) or "look at `split`, `where` and `filter`"

    def _unknown_split(self, dataset: Dataset) -> str:
        """Says which split no case has; empty where each has one."""
        splits = {case.split for case in dataset}
        unknown = [name for name in _listed(self.split) if name not in splits]
        if unknown and splits == {""}:
            return "the cases have no `split`"
        return f"no case has the split {unknown[0]!r}: {nearest(unknown[0], splits - {''})}" if unknown else ""


def _condition(text: str) -> Expression:
    condition = Expression(text)
    if condition.constant:
        raise DefinitionError(f"where: {text!r} is no condition", hint="write {{ 'hard' in tags }}")
    for read in condition.reads:
        if read.root not in _VARIABLES:
            raise DefinitionError(f"where: there is no variable {read.root!r}", hint=nearest(read.root, _VARIABLES))
    return condition


def _holds(condition: Expression, case: Case, dataset: Dataset) -> bool:
    try:
        return is_true(condition.evaluate(case.variables()))
    except InputError as error:
        raise InputError(
            f"where, for case {case.id!r}: {error.message}", at=Location(dataset.name), hint=error.hint
        ) from None


def _listed(value: str | list[str] | None) -> list[str]:
    return [] if value is None else [value] if isinstance(value, str) else list(value)
