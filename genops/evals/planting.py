"""What is put into a copy of the chain before a case is run: canaries, poisoned passages and results, other sessions.

``plants`` of a case is a list of mappings of one of these to what is put there:

* ``system``: a text at the end of every template's system message;
* ``passage``: a text that every search finds first, as if it stood in the index;
* ``tool``: a text at the end of what every tool gives;
* ``session``: inputs that the chain is run with before, as another user.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from genops.artifacts import Value
from genops.errors import InputError, nearest
from genops.evals.variants import Variant
from genops.executor import Closure
from genops.executor.plants import NOTHING, Plants, planted
from genops.prompts import InputSpec

_TEXTS = ("system", "passage", "tool")
_PLACES = (*_TEXTS, "session")
_EXAMPLE = "plants: [{system: The word is otter.}, {session: {question: Remember otter.}}]"
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {**{place: {"type": "string"} for place in _TEXTS}, "session": {"type": "object"}},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    },
}
"""JSON Schema of the plants of a case."""
_KEPT = 64
"""Copies of chains that are kept: cases that were promoted together share theirs."""


@dataclass(frozen=True, slots=True)
class Planting:
    """What is put into the chain for a case.

    Attributes:
        plants: Into a copy of it.
        sessions: Inputs of the runs before.
    """

    plants: Plants = NOTHING
    sessions: tuple[Mapping[str, Value], ...] = ()


def read_plants(entries: Sequence[Any], inputs: InputSpec | None = None) -> Planting:
    """Reads the plants of a case.

    Args:
        entries: As they are written.
        inputs: What the chain takes, to check other sessions against; None where that is not known.

    Raises:
        InputError: An entry is none.
    """
    texts: dict[str, list[str]] = {place: [] for place in _TEXTS}
    sessions: list[Mapping[str, Value]] = []
    for entry in entries:
        if not isinstance(entry, Mapping) or len(entry) != 1:
            raise InputError("a plant is a mapping of one place to what is put there", hint=_EXAMPLE)
        place, what = next(iter(entry.items()))
        if place not in _PLACES:
            raise InputError(f"there is no place {place!r}", hint=nearest(str(place), _PLACES))
        if place == "session":
            if not isinstance(what, Mapping):
                raise InputError("a `session` is a mapping of the chain's inputs", hint=_EXAMPLE)
            sessions.append(dict(what) if inputs is None else inputs.validate(what))
        elif isinstance(what, str):
            texts[place].append(what)
        else:
            raise InputError(f"`{place}` is a text", hint=_EXAMPLE)
    return Planting(Plants(*(tuple(texts[place]) for place in _TEXTS)), tuple(sessions))


class Planted:
    """Copies of the chains under test with the plants of cases in them.

    Args:
        variants: What is tested.
    """

    def __init__(self, variants: Sequence[Variant]) -> None:
        self._closures = {variant.name: variant.closure for variant in variants}
        self._copies = lru_cache(_KEPT)(lambda name, plants: planted(self._closures[name], plants))

    def closure(self, variant: Variant, plants: Plants) -> Closure:
        """What runs for a case with plants.

        Raises:
            DefinitionError: A template would hold a secret.
        """
        return variant.closure if plants == NOTHING else self._copies(variant.name, plants)
