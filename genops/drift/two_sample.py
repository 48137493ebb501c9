"""Two-sample tests: typed functions under ``@two_sample``, one file each.

The whole contract of a test:

* It is a plain function in a module of its own, under ``@two_sample("name", of="vectors")`` (or ``"numbers"``,
  ``"categories"``).
* A parameter annotated :class:`~genops.drift.samples.Samples` gets the rows of both windows, one annotated
  :class:`~genops.drift.relabelling.Relabellings` the ways in which chance could have labelled them. Its p-value is
  ``relabellings.p_value`` of a statistic for each of them (the greater, the more changed): a test that is calibrated by
  an asymptotic distribution or a bootstrap is none of ours.
* Every other parameter is a setting with a default; what a check may say of it is checked against its type.
* Chance comes from ``np.random.default_rng(relabellings.seed)`` alone: the same rows and settings give the same result.
* It returns :class:`Tested`: the statistic, the p-value, and a **witness**, a number for each row that is the greater
  the more the row looks like the current window. The witness is *cross-fitted*: what it says of a row it learned from
  rows of other groups (:func:`folds_of`), so that what is seen in it is not what was fitted to it. From it the effect
  is told, in the same unit for every test, and the rows that changed most are shown.
* It uses memory within a stated bound, and never makes a matrix of the rows for each relabelling.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ParamSpec

import numpy as np
from numpy.typing import NDArray
from pydantic import PydanticSchemaGenerationError, TypeAdapter

from genops.drift.effect import separation
from genops.drift.relabelling import RELABELLINGS, Relabellings, least_p_value
from genops.drift.samples import Codes, Of, Samples
from genops.errors import DefinitionError
from genops.plugins import registry
from genops.registered import RegisteredFunction
from genops.stats import Interval

P = ParamSpec("P")
FOLDS = 5
_GIVEN = {Samples: "samples", Relabellings: "relabellings"}


@dataclass(frozen=True, slots=True, eq=False)
class Tested:
    """What a test function gives.

    Attributes:
        statistic: Of the observed labels.
        p: The p-value by relabelling.
        witness: How much each row speaks for the current window, float64 of shape (n,), cross-fitted. Only the order
            within a fold counts.
        folds: Number of the fold that each row's witness was fitted without, of shape (n,).
        details: What else is worth telling, plain JSON: the kernel that weighed most, the memory path that was taken.
        least_p: The least that ``p`` can be; None where it is that of relabelling all groups.
    """

    statistic: float
    p: float
    witness: NDArray[np.float64]
    folds: Codes
    details: Mapping[str, Any] = field(default_factory=dict)
    least_p: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TwoSampleResult:
    """Whether two windows differ, and by how much.

    Attributes:
        test: Name of the test.
        statistic: Of the observed labels.
        p: The p-value; at least ``least_p``.
        least_p: The least that this many groups and relabellings can give: above alpha, nothing could be told.
        relabellings: B.
        separation: The effect with its interval (:func:`~genops.drift.effect.separation`): 0 where the windows cannot
            be told apart; 0.1 as though a tenth of the current rows were of a kind that the reference has none of.
        reference: Rows of the reference.
        current: Rows of the current window.
        groups: Groups of rows, in both.
        witness: How much each row speaks for the current window, reference first.
        folds: Of each row: only within a fold is the order of witnesses meant.
        details: What else the test tells.
    """

    test: str
    statistic: float
    p: float
    least_p: float
    relabellings: int
    separation: Interval
    reference: int
    current: int
    groups: int
    witness: NDArray[np.float64]
    folds: Codes
    details: Mapping[str, Any]


class TwoSampleTest(RegisteredFunction[P, Tested]):
    """A registered test; called, it is the function that it was made of.

    Args:
        name: The key that selects it in a check.
        function: The test.
        of: What its rows are.
    """

    def __init__(self, name: str, function: Callable[P, Tested], of: Of) -> None:
        super().__init__(name, function)
        self.of = of
        _check(self)

    @cached_property
    def settings(self) -> dict[str, TypeAdapter[Any]]:
        """What a check may set, by name, in order."""
        hints = self._hints.items()
        return {name: TypeAdapter(hint) for name, hint in hints if name != "return" and hint not in _GIVEN}

    def run(
        self,
        samples: Samples,
        settings: Mapping[str, Any] | None = None,
        *,
        relabellings: int = RELABELLINGS,
        seed: int = 0,
        level: float = 0.95,
    ) -> TwoSampleResult:
        """Tests two samples.

        Args:
            samples: Of what the test is of.
            settings: Of their types.
            relabellings: B.
            seed: Of everything that is drawn.
            level: Of the effect's interval.

        Raises:
            DefinitionError: The samples are of something else.
        """
        if samples.of != self.of:
            raise DefinitionError(f"the test {self.name!r} is of {self.of}, and these are {samples.of}")
        drawn = Relabellings.draw(samples, relabellings, seed)
        at_hand = {Samples: samples, Relabellings: drawn}
        given: dict[str, Any] = {name: at_hand[hint] for name, hint in self._hints.items() if hint in at_hand}
        function: Callable[..., Tested] = self.function
        tested = function(**given, **(settings or {}))
        return TwoSampleResult(
            test=self.name,
            statistic=tested.statistic,
            p=tested.p,
            least_p=least_p_value(samples, relabellings) if tested.least_p is None else tested.least_p,
            relabellings=relabellings,
            separation=separation(samples, tested.witness, tested.folds, level),
            reference=samples.reference,
            current=samples.current,
            groups=int(samples.groups.max()) + 1,
            witness=tested.witness,
            folds=tested.folds,
            details=tested.details,
        )


def two_sample(name: str, *, of: Of) -> Callable[[Callable[P, Tested]], TwoSampleTest[P]]:
    """Registers a function as a two-sample test (see the module's docstring for the contract).

    Args:
        name: The key that selects it in a check.
        of: What its rows are.

    Raises:
        DefinitionError: The function's signature is not that of a test.
    """

    def register(function: Callable[P, Tested]) -> TwoSampleTest[P]:
        made = TwoSampleTest(name, function, of)
        registry.add("test", name, made)
        return made

    return register


def find_test(name: str) -> TwoSampleTest[Any]:
    """The test that is registered under a name.

    Raises:
        ReferenceNotFound: None is; the message lists the nearest names.
        DefinitionError: What is registered is no test.
    """
    return registry.instance("test", name, TwoSampleTest, "@genops.two_sample")


def folds_of(samples: Samples, seed: int, folds: int = FOLDS) -> Codes:
    """A fold for each row, of shape (n,): whole groups of each window, and of each stratum in it, are dealt out evenly.

    There are fewer folds where a window has too few groups to give two to each, for one tells nothing of the spread;
    but never fewer than two.

    Args:
        samples: The rows.
        seed: Of the dealing.
        folds: How many.
    """
    random = np.random.default_rng([seed, 1])
    strata = samples.strata
    fold_of_group = np.empty(len(strata), dtype=np.intp)
    windows = [np.unique(part) for part in (samples.groups[: samples.reference], samples.groups[samples.reference :])]
    folds = max(2, min(folds, *(len(own) // 2 for own in windows)))
    for own in windows:
        order = random.permutation(own)
        fold_of_group[order[np.argsort(strata[order], kind="stable")]] = np.arange(len(own)) % folds
    return fold_of_group[samples.groups]


def _check(made: TwoSampleTest[Any]) -> None:
    what = f"test {made.name!r}"
    if made._hints.get("return") is not Tested or Samples not in made._hints.values():
        raise DefinitionError(f"{what}: it takes `Samples` and gives `Tested`")
    for parameter in inspect.signature(made.function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise DefinitionError(f"{what}: *{parameter.name} says nothing of what a check may set")
        if parameter.name not in made._hints:
            raise DefinitionError(f"{what}: {parameter.name} has no type")
        if made._hints[parameter.name] not in _GIVEN and parameter.default is parameter.empty:
            raise DefinitionError(f"{what}: the setting {parameter.name} has no default")
    try:
        made.settings  # noqa: B018
    except PydanticSchemaGenerationError as error:
        raise DefinitionError(f"{what}: {error}") from None
