"""Where an attack goes: the inputs that carry it, and what it puts into passages and tools' results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from genops.artifacts import Value
from genops.errors import InputError, UsageError, nearest
from genops.executor import Closure
from genops.executor.plants import NOTHING, Plants
from genops.fuzz.attack import Attack
from genops.fuzz.objective import Objective, Place, Plant, Target
from genops.fuzz.target import Carriers

ATTACK = "{attack}"


@dataclass(frozen=True)
class Placing:
    """Places what attacks are made of in a chain.

    Attributes:
        objective: What attacks are after.
        carriers: What may carry them.
        plants: What is in the copy of the chain.
        conversation: Input that takes the turns before an attack; empty where they stand in its text, as a transcript.
    """

    objective: Objective
    carriers: Carriers
    plants: tuple[Plant, ...]
    conversation: str = ""

    @property
    def standing(self) -> Plants:
        """What is in the copy whatever the attack."""
        return standing(self.plants)

    @property
    def other_sessions(self) -> list[dict[str, Value]]:
        """Inputs of other users, from before: what each says, in every field that one writes."""
        targets = [self.carriers.at(field=field) for field in self.carriers.fields]
        return [_said(target, plant.text) for plant in self.plants if plant.place == "session" for target in targets]

    def __call__(self, attack: Attack) -> tuple[dict[str, Value], Plants]:
        """The inputs of an attack, and what it puts into passages and results.

        Raises:
            UsageError: The case or the field that carries it is no longer there.
        """
        text, target = written(attack), self.carriers.at(attack.seed.case, attack.seed.field)
        match attack.seed.surface:
            case "input":
                return self._inputs(attack, text, target), NOTHING
            case "passage":
                indexed = self.objective.poison == "index"
                return dict(target.inputs), Plants(documents=(text,)) if indexed else Plants(passages=(text,))
            case "tool":
                return dict(target.inputs), Plants(results=(text,))

    def _inputs(self, attack: Attack, text: str, target: Target) -> dict[str, Value]:
        """The inputs for a text after the turns of a conversation."""
        if self.conversation:
            before = target.inputs.get(self.conversation)
            turns = [*(before if isinstance(before, list) else ()), *attack.conversation]
            return {**_said(target, text), self.conversation: turns}
        transcript = [f"{turn['role'].title()}: {turn['content']}" for turn in _turns(attack)]
        return _said(target, "\n\n".join((*transcript, f"User: {text}")) if transcript else text)


def check_turns(closure: Closure, inputs: Mapping[str, Value], name: str) -> None:
    """Makes sure that the turns of a conversation come through an input.

    Args:
        closure: Of the chain, as it is entered.
        inputs: That it takes.
        name: Of the input for the turns.

    Raises:
        UsageError: There is no such input, it takes no turns, or nothing reads it.
    """
    chain, spec = closure.root.name, closure.root.inputs
    if name not in spec.names():
        what = f"the chain {chain!r} has no input {name!r} for the turns of a conversation"
        raise UsageError(what, hint=nearest(name, spec.names()))
    try:
        spec.validate({**inputs, name: [{"role": "user", "content": "Hello."}]})
    except InputError as error:
        what = f"the input {name!r} of the chain {chain!r} takes no turns of a conversation: {error.message}"
        raise UsageError(what, hint=f"inputs: {{{name}: list}}") from None
    if not any(read.root == "inputs" and read.name in (name, None) for read in closure.root.block.outer):
        raise UsageError(f"nothing that runs reads the input {name!r}, so that no turn of a conversation would be seen")


def written(attack: Attack) -> str:
    """What enters: the text of an attack, in what stands around it."""
    return (attack.seed.around or ATTACK).replace(ATTACK, attack.text)


def standing(plants: Sequence[Plant]) -> Plants:
    """What is put into a copy of the chain before it is attacked."""
    places: tuple[Place, ...] = ("system", "passage", "tool")
    return Plants(*(tuple(plant.text for plant in plants if plant.place == place) for place in places))


def _said(target: Target, text: str) -> dict[str, Value]:
    return {**target.inputs, target.fields[0]: text}


def _turns(attack: Attack) -> Iterator[dict[str, str]]:
    for turn in attack.conversation:
        if isinstance(turn, dict):
            yield {"role": str(turn.get("role", "user")), "content": str(turn.get("content", ""))}
