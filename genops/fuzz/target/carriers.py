"""What carries attacks on a target: a harmless case, and the field of it that an attacker writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar

from genops.artifacts import Value
from genops.errors import UsageError, nearest
from genops.fuzz.objective import Target
from genops.prompts import InputSpec

T = TypeVar("T")


@dataclass(frozen=True)
class Carriers:
    """The cases and fields that attacks may come by.

    Attributes:
        target: As it is with the first case.
        spec: What the chain takes.
        cases: Inputs of the cases, by id; empty for the first one alone.
    """

    target: Target
    spec: InputSpec
    cases: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the cases; the empty one alone where there is no choice."""
        return tuple(self.cases) if len(self.cases) > 1 else ("",)

    @property
    def fields(self) -> tuple[str, ...]:
        """That an attacker writes; the empty one alone where there is no choice."""
        return self.target.fields if len(self.target.fields) > 1 else ("",)

    def at(self, case: str = "", field: str = "") -> Target:
        """The target with a case, and with a field before all others that an attacker writes.

        Args:
            case: Id of the case; empty for the first.
            field: Name of the field; empty for the first.

        Raises:
            UsageError: There is no such case or field any more, or the chain does not take the case.
        """
        if not case and not field:
            return self.target
        fields = self.target.fields
        if field and field not in fields:
            what = f"the chain {self.target.chain!r} has no field {field!r} that an attacker writes"
            raise UsageError(what, hint=nearest(field, fields))
        if case and case not in self.cases:
            raise UsageError(f"there is no harmless case {case!r} any more, which carried the attack")
        inputs = self.spec.validate(self.cases[case]) if case else self.target.inputs
        return replace(self.target, inputs=inputs, fields=tuple(sorted(fields, key=lambda name: name != field)))

    def dealt(self, name: str) -> Iterator[tuple[str, str]]:
        """Cases and fields at random, each as often as the others, for as long as one asks.

        Nothing is drawn from the chance of anything else: where there is no choice, nothing changes.

        Args:
            name: Of what they are dealt to; another one is dealt others.
        """
        return zip(
            _dealt(self.ids, Random(f"cases {name}")), _dealt(self.fields, Random(f"fields {name}")), strict=False
        )


def _dealt(items: Sequence[T], rng: Random) -> Iterator[T]:
    """Items like cards of a deck, which is shuffled whenever all were dealt."""
    while True:
        yield from rng.sample(items, len(items))
