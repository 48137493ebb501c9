"""The seeds of an objective against a target, with the cases and fields that carry them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import cycle
from random import Random

from genops.errors import DefinitionError
from genops.fuzz.objective import Borrowed, Objective, Plant, Seed
from genops.fuzz.runner.contract import asked, checked_seeds
from genops.fuzz.target import Carriers

_KEPT = 64
"""Cases and fields whose seeds are kept: making them anew costs little."""


@dataclass(frozen=True)
class Seeding:
    """Makes the seeds.

    Attributes:
        objective: Whose they are.
        carriers: What may carry them.
        plants: What is in the copy of the chain.
        own: Whether the objective's own are used.
        borrowed: Texts of others that seeds are made of.
    """

    objective: Objective
    carriers: Carriers
    plants: tuple[Plant, ...]
    own: bool = True
    borrowed: tuple[Borrowed, ...] = ()

    def __call__(self, seed: int = 0, case: str = "", field: str = "") -> list[Seed]:
        """What the objective's attacks begin with.

        Args:
            seed: Of the campaign.
            case: Id of the case that carries them; empty for the first.
            field: That they are written into; empty for the first.

        Raises:
            DefinitionError: The objective breaks its contract.
            UsageError: There is no such case or field any more.
        """
        target, rng = self.carriers.at(case, field), Random(f"{self.objective.name} seeds {seed}")
        with asked(self.objective, "seeds"):
            own = list(self.objective.seeds(target, self.plants, rng)) if self.own else []
        with asked(self.objective, "adopt"):
            adopted = list(self.objective.adopt(target, self.borrowed)) if self.borrowed else []
        found = checked_seeds(self.objective, own + adopted)
        return [replace(one, case=case, field=field if one.surface == "input" else "") for one in found]

    def one(self, id: str, seed: int = 0, case: str = "", field: str = "") -> Seed:
        """One of them.

        Raises:
            DefinitionError: There is none of this id with this case.
            UsageError: There is no such case or field any more.
        """
        found = self._by_id(seed, case, field).get(id)
        if found is None:
            what = f"the objective {self.objective.name!r} has no seed {id!r} with the case {case!r}"
            raise DefinitionError(what, hint="its seeds have the same ids whatever the case and the field")
        return found

    def dealt(self, seed: int, phase: str) -> Iterator[Seed]:
        """All in turn, without end, each time with a case and a field that are drawn at random.

        Args:
            seed: Of the campaign.
            phase: That they are for; another one has other cases and fields.
        """
        carried = self.carriers.dealt(f"{phase} {self.objective.name} {seed}")
        ids = [one.id for one in self(seed)]
        return (self.one(id, seed, case, field) for id, (case, field) in zip(cycle(ids), carried, strict=False))

    def starts(self, seed: int) -> list[Seed]:
        """Each in every field that it can be written into, with a case that is drawn at random.

        Args:
            seed: Of the campaign.
        """
        cases = (case for case, _ in self.carriers.dealt(f"search {self.objective.name} {seed}"))
        every = self(seed)
        return [
            self.one(one.id, seed, next(cases), field)
            for place, field in enumerate(self.carriers.fields)
            for one in every
            if not place or one.surface == "input"
        ]

    @cached_property
    def _by_id(self) -> Callable[[int, str, str], dict[str, Seed]]:
        return lru_cache(_KEPT)(lambda *carried: {one.id: one for one in self(*carried)})
