"""What is put into a copy of the chain before a case is run: canaries, poisoned passages and results, other sessions.

``plants`` of a case is a list of mappings of one of these to what is put there:

* ``system``: a text at the end of every template's system message;
* ``passage``: a text that every search finds first, as if it stood in the index;
* ``document``: a text that is indexed in a copy of every index, as a document of its own;
* ``tool``: a text at the end of what every tool gives;
* ``step``: texts that fields of a step are given, as if what stands before it had given them;
* ``session``: inputs that the chain is run with before, as another user.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from genops.artifacts import Value
from genops.errors import InputError, nearest
from genops.evals.variants import Variant
from genops.executor import Closure
from genops.executor.entry import entered, input_of
from genops.executor.plants import NOTHING, Plants, planted
from genops.prompts import InputSpec

_TEXTS = ("system", "passage", "tool", "document")
_PLACES = (*_TEXTS, "step", "session")
_EXAMPLE = "plants: [{system: The word is otter.}, {session: {question: Remember otter.}}]"
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            **{place: {"type": "string"} for place in _TEXTS},
            "step": {
                "type": "object",
                "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}},
            },
            "session": {"type": "object"},
        },
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    },
}
"""JSON Schema of the plants of a case."""
_KEPT = 64
"""Copies of chains that are kept: cases that were promoted together share theirs."""
Entered: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Positions of steps, each with the fields that are given from outside."""


@dataclass(frozen=True, slots=True)
class Planting:
    """What is put into the chain for a case.

    Attributes:
        plants: Into a copy of it.
        sessions: Inputs of the runs before.
        steps: Texts that fields of steps are given, by the step's position and the field's name.
    """

    plants: Plants = NOTHING
    sessions: tuple[Mapping[str, Value], ...] = ()
    steps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def entered(self) -> Entered:
        """Where the copy is entered."""
        return tuple((step, tuple(given)) for step, given in self.steps.items())

    @property
    def inputs(self) -> dict[str, Value]:
        """What it takes there, beside the inputs of the case."""
        return {input_of(step, name): text for step, given in self.steps.items() for name, text in given.items()}


_NONE = Planting()


def read_plants(entries: Sequence[Any], inputs: InputSpec | None = None) -> Planting:
    """Reads the plants of a case.

    Args:
        entries: As they are written.
        inputs: What the chain takes, to check other sessions against; None where that is not known.

    Raises:
        InputError: An entry is none.
    """
    if not entries:
        return _NONE
    texts: dict[str, list[str]] = {place: [] for place in _TEXTS}
    sessions: list[Mapping[str, Value]] = []
    steps: dict[str, Mapping[str, str]] = {}
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
        elif place == "step":
            steps |= _fields_of_steps(what)
        elif isinstance(what, str):
            texts[place].append(what)
        else:
            raise InputError(f"`{place}` is a text", hint=_EXAMPLE)
    return Planting(Plants(*(tuple(texts[place]) for place in _TEXTS)), tuple(sessions), steps)


def _fields_of_steps(what: Any) -> dict[str, Mapping[str, str]]:
    if not isinstance(what, Mapping) or not all(map(_is_texts, what.values())):
        hint = "plants: [{step: {answer: {question: What is an otter?}}}]"
        raise InputError("a `step` is a mapping of a step's position to texts for its fields", hint=hint)
    return {str(step): dict(given) for step, given in what.items()}


def _is_texts(given: Any) -> bool:
    return isinstance(given, Mapping) and all(isinstance(text, str) for text in given.values())


class Planted:
    """Copies of the chains under test with the plants of cases in them.

    Args:
        variants: What is tested.
    """

    def __init__(self, variants: Sequence[Variant]) -> None:
        self._closures = {variant.name: variant.closure for variant in variants}
        self._copies = lru_cache(_KEPT)(self._copy)

    def closure(self, variant: Variant, plants: Plants, at: Entered = ()) -> Closure:
        """What runs for a case with plants.

        Args:
            variant: Of the chain.
            plants: What is in it.
            at: Where it is entered.

        Raises:
            DefinitionError: A template would hold a secret.
            UsageError: The chain has no such step or field.
        """
        return variant.closure if plants == NOTHING and not at else self._copies(variant.name, plants, at)

    def _copy(self, name: str, plants: Plants, at: Entered) -> Closure:
        closure = self._closures[name]
        for step, fields in at:
            closure = entered(closure, step, fields)
        return planted(closure, plants)
