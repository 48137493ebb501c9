"""A chain entered at one of its steps: fields of the step come from outside, and not from what stands before it.

The definition is derived: each such field is an input of the chain, and steps that nothing needs any more are left out.
So a lock says what ran, the memo keeps its results apart, and a replay finds what it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import orjson

from genops.artifacts import Component, Reference, Value, canonical_bytes
from genops.chains import Block, ChainDefinition, Node, Step, Tool, reads_of
from genops.errors import UsageError, nearest
from genops.executor.closure import Closure, IndexHandle
from genops.executor.sources import Source
from genops.models import Model
from genops.prompts import Declaration, Prompt
from genops.syntax import Expression

_Keys: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Entrance:
    """A step at which a chain can be entered.

    Attributes:
        position: Of the step in the definition: ``answer``, ``tray[0]/answer``, ``each/answer`` in a map or loop.
        fields: Those of its fields that an expression gives, by name (``question`` for ``with: {question: …}``), with
            the keys that lead to them.
        path: Fits its position in a run.
    """

    position: str
    fields: Mapping[str, _Keys]
    path: re.Pattern[str]

    def texts(self, given: Value) -> dict[str, str]:
        """Those of its fields that were text, by name.

        Args:
            given: What a run's trace says that the step was given.
        """
        found = {name: _at(given, keys) for name, keys in self.fields.items()}
        return {name: value for name, value in found.items() if isinstance(value, str)}


def entrance(closure: Closure, step: str) -> Entrance:
    """A step by its position.

    Args:
        closure: Of the chain.
        step: Position of the step.

    Raises:
        UsageError: There is none; the message lists the nearest names.
    """
    place = _place(closure, step)
    return Entrance(place.position, place.fields, place.path)


def input_of(step: str, field: str) -> str:
    """The input that a field is given through: ``answer__question``.

    Args:
        step: Position of the step.
        field: Its name.
    """
    return "__".join(re.sub(r"\W+", "_", part) for part in (step, field))


def entered(closure: Closure, step: str, fields: Iterable[str]) -> Closure:
    """A copy of a closure whose chain is entered at a step.

    Args:
        closure: Of the chain.
        step: Position of the step.
        fields: Those of its fields that are inputs then (:func:`input_of`), beside the chain's own.

    Raises:
        UsageError: There is no such step or field.
    """
    place = _place(closure, step)
    names = []
    for field in fields:
        if field not in place.fields:
            name = closure.root.name
            what = f"the step {step!r} of the chain {name!r} has no field {field!r} that an expression gives"
            raise UsageError(what, hint=nearest(field, place.fields))
        names.append(input_of(step, field))
        *around, last = place.fields[field]
        _at(place.raw, around)[last] = f"{{{{ inputs.{names[-1]} }}}}"
    derived: dict[str, tuple[ChainDefinition, str]] = {}
    while (call := place.level.call) is not None:
        reference = _called_anew(call, names)
        derived[call.raw["chain"]] = place.level.derived(names, place.name), reference
        place = call
    whole = place.level.derived(names, place.name)
    return Closure.resolve(whole, _Resolved(closure, derived), closure.default_model, len(closure.components))


@dataclass(frozen=True, slots=True)
class _Level:
    """A chain whose definition is changed: the whole one, or one that a step of it runs.

    Attributes:
        closure: That its references lead into.
        definition: As it is.
        body: Of the definition, to be changed.
        call: The step that runs it; None for the whole chain.
    """

    closure: Closure
    definition: ChainDefinition
    body: Any
    call: _Place | None = None

    @classmethod
    def of(cls, closure: Closure, definition: ChainDefinition, call: _Place | None = None) -> _Level:
        return cls(closure, definition, orjson.loads(canonical_bytes(definition.component.body)), call)

    def derived(self, names: Iterable[str], entry: str) -> ChainDefinition:
        """The definition with inputs of some names more, without the steps that were there for the entered one alone.

        Args:
            names: Of the inputs.
            entry: The step that is entered, or that one is inside of.

        Raises:
            UsageError: It has such an input already.
        """
        body, definition = self.body, self.definition
        for name in names:
            if name in dict(body["inputs"]):
                raise UsageError(f"the chain {definition.name!r} has an input {name!r} already", hint="rename it")
            body["inputs"].append([name, Declaration("str").body()])
        made = _definition(definition.name, body)
        if idle := _idle(definition.block, made.block, entry):
            body["steps"] = {name: raw for name, raw in body["steps"].items() if name not in idle}
            made = _definition(definition.name, body)
        return made


@dataclass(frozen=True, slots=True)
class _Place:
    """A step where it stands in the body of its chain.

    Attributes:
        level: The chain.
        name: Of the step of that chain, or of the one around it.
        position: In the whole chain.
        path: Fits its position in a run.
        step: The step.
        raw: What it was made of.
    """

    level: _Level
    name: str
    position: str
    path: re.Pattern[str]
    step: Step
    raw: dict[str, Any]

    @property
    def fields(self) -> dict[str, _Keys]:
        found: dict[str, _Keys] = {}
        for name in self.step.eager:
            key = name.rstrip("_")
            for keys in _computed(self.raw.get(key), (key,)):
                shown = keys[1:] if keys[0] == "with" and len(keys) > 1 else keys
                found.setdefault(".".join(map(str, shown)), keys)
        return found


def _definition(name: str, body: Any) -> ChainDefinition:
    return ChainDefinition.from_component(Component("chain", name, body))


def _called_anew(call: _Place, names: Iterable[str]) -> str:
    """Has a step run a chain by a reference of its own, and give it the inputs that are new; the reference it had.

    Raises:
        UsageError: It gives its inputs as a whole.
    """
    given = call.raw.setdefault("with", {})
    if not isinstance(given, dict):
        what = f"the step {call.position!r} gives its chain all inputs by one expression: none can be put beside them"
        raise UsageError(what, hint="name them: with: {question: …}")
    given |= {name: f"{{{{ inputs.{name} }}}}" for name in names}
    reference: str = call.raw["chain"]
    own = re.sub(r"\W+", "_", call.position)
    parsed = Reference.parse(reference)
    call.raw["chain"] = str(replace(parsed, name=f"{parsed.name}__{own}"))
    return reference


def _place(closure: Closure, step: str) -> _Place:
    places = {place.position: place for place in _places(closure)}
    found = places.get(step) or next((place for place in places.values() if place.path.fullmatch(step)), None)
    if found is None:
        raise UsageError(f"the chain {closure.root.name!r} has no step {step!r}", hint=nearest(step, places))
    return found


def _places(closure: Closure) -> Iterator[_Place]:
    """Every step with what it was made of, those of nested blocks and of the chains that steps run included."""
    level = _Level.of(closure, closure.root)
    for name, node in closure.root.block.nodes.items():
        yield from _below(level, name, node, level.body["steps"][name], name, re.escape(name))


def _below(level: _Level, name: str, node: Node, raw: Any, position: str, path: str) -> Iterator[_Place]:
    """A step, and those inside of it."""
    step = node.step
    own = _Place(level, name, position, re.compile(path), step, raw)
    yield own
    for (label, nested), inside in zip(step.blocks(), _blocks(raw), strict=False):
        number = re.escape(label) if label else r"\[\d+\]"
        for key, inner in nested.nodes.items():
            there = f"{path}{number}/{re.escape(key)}"
            yield from _below(level, name, inner, inside["steps"][key], f"{position}{label}/{key}", there)
    if step.kind == "chain":
        reference = raw["chain"]
        definition = level.closure.definition(reference)
        deeper = _Level.of(level.closure.inside(reference), definition, own)
        for key, inner in definition.block.nodes.items():
            here = f"{definition.name}/{key}"
            there = f"{path}/{re.escape(definition.name)}/{re.escape(key)}"
            yield from _below(deeper, key, inner, deeper.body["steps"][key], f"{position}/{here}", there)


def _blocks(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the blocks of a step were made of, in their order."""
    for value in raw.values():
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict) and isinstance(inner.get("steps"), dict):
                yield inner


def _computed(value: Any, keys: _Keys) -> Iterator[_Keys]:
    """Where in a field's value there are expressions."""
    if isinstance(value, str) and not Expression(value).constant:
        yield keys
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _computed(item, (*keys, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _computed(item, (*keys, number))


def _at(value: Any, keys: Iterable[str | int]) -> Any:
    """What stands where keys lead; None for nothing."""
    for key in keys:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _idle(before: Block, after: Block, entry: str) -> set[str]:
    """Steps that were there for the entered one alone."""
    ahead: set[str] = set()
    waiting = [entry]
    while waiting:
        new = before.nodes[waiting.pop()].needs - ahead
        ahead |= new
        waiting += new
    kept = set(after.nodes)
    shown = {read.name for read in reads_of(after.output) if read.root == "steps"}
    while idle := {name for name in ahead & kept - shown if not any(name in after.nodes[one].needs for one in kept)}:
        kept -= idle
    return set(after.nodes) - kept


@dataclass(frozen=True, slots=True)
class _Resolved:
    """Components of a closure, as a source, with some chains in another form.

    Attributes:
        closure: It.
        derived: By their references, and what the chains were called before.
    """

    closure: Closure
    derived: Mapping[str, tuple[ChainDefinition, str]]

    def chain(self, reference: str) -> ChainDefinition:
        return self.derived[reference][0] if reference in self.derived else self.closure.definition(reference)

    def inside(self, reference: str) -> Source:
        before = self.derived[reference][1] if reference in self.derived else reference
        return _Resolved(self.closure.inside(before), self.derived)

    def prompt(self, reference: str) -> Prompt:
        return self.closure.prompts[reference]

    def model(self, alias: str) -> Model:
        return self.closure.models[alias]

    def index(self, reference: str) -> IndexHandle:
        return self.closure.indexes[reference]

    def tool(self, name: str) -> Tool:
        return self.closure.tools[name]
