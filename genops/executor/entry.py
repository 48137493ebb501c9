"""A chain entered at one of its steps: fields of the step come from outside, and not from what stands before it.

The definition is derived: each such field is an input of the chain, and steps that nothing needs any more are left out.
So a lock says what ran, the memo keeps its results apart, and a replay finds what it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson

from genops.artifacts import Component, Value, canonical_bytes
from genops.chains import Block, ChainDefinition, Step, Tool, reads_of
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


def entrance(definition: ChainDefinition, step: str) -> Entrance:
    """A step by its position.

    Raises:
        UsageError: There is none; the message lists the nearest names.
    """
    place = _place(definition, _body(definition), step)
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
    definition = closure.root
    body = _body(definition)
    place = _place(definition, body, step)
    for field in fields:
        if field not in place.fields:
            what = f"the step {step!r} of the chain {definition.name!r} has no field {field!r} that an expression gives"
            raise UsageError(what, hint=nearest(field, place.fields))
        name = input_of(step, field)
        if name in dict(body["inputs"]):
            raise UsageError(f"the chain {definition.name!r} has an input {name!r} already", hint="rename it")
        body["inputs"].append([name, Declaration("str").body()])
        *around, last = place.fields[field]
        _at(place.raw, around)[last] = f"{{{{ inputs.{name} }}}}"
    derived = _derived(definition, body)
    if idle := _idle(definition.block, derived.block, re.split(r"[\[/]", place.position)[0]):
        body["steps"] = {name: raw for name, raw in body["steps"].items() if name not in idle}
        derived = _derived(definition, body)
    return Closure.resolve(derived, _Resolved(closure), closure.default_model, len(closure.components))


@dataclass(frozen=True, slots=True)
class _Place:
    """A step where it stands in the body of its chain."""

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


def _body(definition: ChainDefinition) -> Any:
    """The body of a chain, to be changed."""
    return orjson.loads(canonical_bytes(definition.component.body))


def _derived(definition: ChainDefinition, body: Any) -> ChainDefinition:
    return ChainDefinition.from_component(Component("chain", definition.name, body))


def _place(definition: ChainDefinition, body: Any, step: str) -> _Place:
    places = {place.position: place for place in _places(definition.block, body)}
    found = places.get(step) or next((place for place in places.values() if place.path.fullmatch(step)), None)
    if found is None:
        raise UsageError(f"the chain {definition.name!r} has no step {step!r}", hint=nearest(step, places))
    return found


def _places(block: Block, raw: Any, position: str = "", path: str = "") -> Iterator[_Place]:
    """Every step with what it was made of, those of nested blocks included."""
    for name, node in block.nodes.items():
        own, here, there = raw["steps"][name], f"{position}{name}", f"{path}{re.escape(name)}"
        yield _Place(here, re.compile(there), node.step, own)
        for (label, nested), inside in zip(node.step.blocks(), _blocks(own), strict=False):
            number = re.escape(label) if label else r"\[\d+\]"
            yield from _places(nested, inside, f"{here}{label}/", f"{there}{number}/")


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
    """Components of a closure, as a source."""

    closure: Closure

    def chain(self, reference: str) -> ChainDefinition:
        return self.closure.definition(reference)

    def inside(self, reference: str) -> Source:
        return _Resolved(self.closure.inside(reference))

    def prompt(self, reference: str) -> Prompt:
        return self.closure.prompts[reference]

    def model(self, alias: str) -> Model:
        return self.closure.models[alias]

    def index(self, reference: str) -> IndexHandle:
        return self.closure.indexes[reference]

    def tool(self, name: str) -> Tool:
        return self.closure.tools[name]
