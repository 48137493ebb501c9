"""Relations: changes that keep the meaning of what a chain is asked or given, so that its answer must not change.

Metamorphic testing: T. Chen, S. Cheung and S. Yiu, Metamorphic testing: a new approach for generating next test cases,
HKUST-CS98-01 (1998). No right answer need be known: the answer to the unchanged case is what is compared with.

The whole contract of a relation:

* It is a class in a module of its own, under ``@relation("name")``; the first line of its docstring says what is done.
* A :class:`TextRelation` names mutators that keep the meaning; one of them changes the texts of a case.
* A :class:`PassageRelation` says what a search gives in place of what it found. The same hits and seed give the same
  result. Where there is nothing to change it gives the hits back.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, ClassVar, TypeVar

from genops.errors import DefinitionError
from genops.fuzz.mutator import find_mutator
from genops.plugins import registry

if TYPE_CHECKING:
    from genops.retrieval.search import Hit

SOURCE = "source"
"""In the place of a relation's name: a case as it is, whose answer others are compared with."""
UNCHANGED = "unchanged"
"""In the place of a relation's name: a case as it is once more, which tells how much answers vary by themselves."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one search found.

    Attributes:
        query: What was searched for.
        hits: Best first.
        passage: Makes a hit of a text, as if it stood in the index.
    """

    query: str
    hits: tuple[Hit, ...]
    passage: Callable[[str], Hit]


class Relation:
    """A change that keeps the meaning: a :class:`TextRelation` or a :class:`PassageRelation`.

    Attributes:
        name: The key that selects it in a campaign.
    """

    name: ClassVar[str]

    @property
    def description(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self) or "").partition("\n")[0]

    @property
    def asks(self) -> bool:
        """Whether it needs an attacker model."""
        return False


class TextRelation(Relation):
    """A change of the texts of a case.

    Attributes:
        mutators: Of which one does it; each keeps the meaning.
    """

    mutators: ClassVar[tuple[str, ...]]

    @property
    def asks(self) -> bool:
        """Whether it needs an attacker model."""
        return any(find_mutator(name).asks for name in self.mutators)


class PassageRelation(Relation, ABC):
    """A change of the passages that a chain's searches find."""

    @abstractmethod
    def rearrange(self, found: Found, rng: Random) -> list[Hit]:
        """What a search gives in place of what it found; ranks are numbered afterwards.

        Args:
            found: By the search.
            rng: The source of chance.
        """


T = TypeVar("T", bound=type[Relation])


def relation(name: str) -> Callable[[T], T]:
    """Registers a class as a relation (see the module's docstring for the contract).

    Args:
        name: The key that selects it in a campaign.

    Raises:
        DefinitionError: It is neither kind of relation, or names no mutator, or one that does not keep the meaning.
        ReferenceNotFound: One of its mutators is not registered.
    """

    def register(made: T) -> T:
        if not issubclass(made, TextRelation | PassageRelation):
            raise DefinitionError(f"relation {name!r}: it is a TextRelation or a PassageRelation")
        if issubclass(made, TextRelation):
            if not made.mutators:
                raise DefinitionError(f"relation {name!r}: it names no mutator")
            for mutator in made.mutators:
                if not find_mutator(mutator).keeps_meaning:
                    raise DefinitionError(f"relation {name!r}: the mutator {mutator!r} does not keep the meaning")
        made.name = name
        registry.add("relation", name, made)
        return made

    return register


def find_relation(name: str) -> Relation:
    """The relation registered under a name.

    Raises:
        ReferenceNotFound: None is; the message lists the nearest names.
        DefinitionError: What is registered is no relation.
    """
    return registry.subclass("relation", name, Relation, "@relation")()
