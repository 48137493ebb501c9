"""Blocks: named steps and an output, with the order that their references imply."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import ValidationError

from genops.artifacts import digest_of
from genops.chains.step import Fallback, Parsing, Step, reads_of
from genops.errors import DefinitionError, Location, nearest
from genops.plugins import registry
from genops.syntax import Reads, compile_value

GLOBALS = frozenset({"range", "dict", "cycler", "joiner", "namespace", "now", "true", "false", "none"})


@dataclass(frozen=True, slots=True)
class Node:
    """A step in its block.

    Attributes:
        name: Its name in the block.
        step: What it does.
        digest: Digest of its definition, nested blocks included.
        needs: Names of the block's steps that must be done before it.
        outer: What it reads from outside of the block.
        reads: All that its output may depend on, by root and name, in an order that its definition alone decides.
        at: Where it stands.
    """

    name: str
    step: Step
    digest: str
    needs: frozenset[str]
    outer: frozenset[Reads]
    reads: tuple[tuple[str, str | None], ...]
    at: Location


@dataclass(frozen=True, slots=True)
class Block:
    """Steps and an output: a chain's body, or what a map, loop or branch runs.

    Attributes:
        nodes: By name, in an order that respects every reference.
        output: Compiled; with none in the file, the output of the last step.
        outer: What the block reads from outside of itself.
    """

    nodes: dict[str, Node]
    output: Any
    outer: frozenset[Reads]

    @classmethod
    def parse(cls, raw: Any, parsing: Parsing, *, output_required: bool = False) -> Block:
        """Reads ``{steps: …, output: …}``.

        Raises:
            DefinitionError: A step is not one, two steps wait for each other, or a name is unknown.
        """
        if not isinstance(raw, dict) or not isinstance(raw.get("steps"), dict) or not raw["steps"]:
            raise DefinitionError("a block needs `steps:`, a mapping of step names to steps", at=parsing.at())
        steps = {name: parse_step(name, step, parsing.below("steps", name)) for name, step in raw["steps"].items()}
        if "output" not in raw and (output_required or len(steps) > 1):
            raise DefinitionError(
                "there is no `output:`", at=parsing.at(), hint='say what it gives: output: "{{ steps.NAME.output }}"'
            )
        source = raw.get("output", f"{{{{ steps.{next(iter(steps))}.output }}}}")
        output = compile_value(source, parsing.at("output"))
        nodes = {}
        for name, step in steps.items():
            nodes[name] = _node(name, step, raw["steps"][name], steps, parsing.below("steps", name))
        outer = {read for node in nodes.values() for read in node.outer}
        outer.update(read for read in reads_of(output) if not _inside(read, steps))
        return cls(_ordered(nodes, parsing), output, frozenset(outer))

    def walk(self, prefix: str = "") -> Iterator[tuple[str, Node]]:
        """Every node with its path, nested blocks and fallback steps included."""
        for name, node in self.nodes.items():
            path = f"{prefix}{name}"
            yield path, node
            for label, block in _nested(node.step):
                yield from block.walk(f"{path}/{label}/" if label else f"{path}/")

    def steps(self) -> Iterator[tuple[Step, Location]]:
        """Every step definition, fallback steps included, and where it stands."""
        for _, node in self.walk():
            yield node.step, node.at
            for fallback in node.step.fallback:
                if fallback.step is not None:
                    yield fallback.step, node.at


def parse_step(name: str, raw: Any, parsing: Parsing) -> Step:
    """Reads one step: a mapping with exactly one step kind among its keys.

    Raises:
        DefinitionError: It is no mapping, has no kind or two, or a field is unknown or mistyped.
    """
    if not name.isidentifier():
        raise DefinitionError(f"step name {name!r}: use letters, digits and _, no digit first", at=parsing.at())
    if not isinstance(raw, dict):
        raise DefinitionError(f"step {name!r} is not a mapping", at=parsing.at())
    kinds = [key for key in raw if key in registry.names("step")]
    if len(kinds) != 1:
        found = (
            f"has {len(kinds)} kinds ({', '.join(kinds)})"
            if kinds
            else f"has no kind among its keys ({', '.join(raw)})"
        )
        raise DefinitionError(
            f"step {name!r} {found}", at=parsing.at(), hint=f"give one of: {', '.join(registry.names('step'))}"
        )
    cls: type[Step] = registry.get("step", kinds[0])
    try:
        return cls.model_validate(raw, context=parsing)
    except ValidationError as error:
        raise _definition_error(error, f"step {name!r}", parsing, cls) from None
    except DefinitionError as error:
        error.at = error.at or parsing.at()
        raise


def parse_fallbacks(raw: Any, parsing: Parsing) -> tuple[Fallback, ...]:
    """Reads a list of ``{model: alias}``, ``{value: …}`` and steps."""
    if not isinstance(raw, list):
        raise DefinitionError("`fallback` is a list", at=parsing.at())
    return tuple(_fallback(item, parsing.below(index)) for index, item in enumerate(raw))


def _fallback(raw: Any, parsing: Parsing) -> Fallback:
    if isinstance(raw, dict) and set(raw) == {"model"} and isinstance(raw["model"], str):
        return Fallback(model=raw["model"])
    if isinstance(raw, dict) and set(raw) == {"value"}:
        return Fallback(value=compile_value(raw["value"], parsing.at("value")))
    if isinstance(raw, dict) and "fallback" in raw:
        raise DefinitionError("a fallback has no fallbacks of its own; put them in one list", at=parsing.at())
    for key in ("when", "after"):
        if isinstance(raw, dict) and key in raw:
            raise DefinitionError(
                f"a fallback has no `{key}`: its turn comes when the step has failed", at=parsing.at(key)
            )
    return Fallback(step=parse_step("fallback", raw, parsing))


def _definition_error(error: ValidationError, what: str, parsing: Parsing, cls: type[Step]) -> DefinitionError:
    first = error.errors()[0]
    loc = [part for part in first["loc"] if isinstance(part, (str, int))]
    at = parsing.at(*loc)
    where = ".".join(str(part) for part in loc)
    if first["type"] == "extra_forbidden":
        known = [field.alias or name for name, field in cls.model_fields.items()]
        return DefinitionError(f"{what}: unknown key {where!r}", at=at, hint=nearest(str(loc[-1]), known))
    if first["type"] == "missing":
        return DefinitionError(f"{what}: {where!r} is missing", at=parsing.at())
    return DefinitionError(f"{what}: {where}: {first['msg']}", at=at)


def _node(name: str, step: Step, raw: Any, steps: dict[str, Step], parsing: Parsing) -> Node:
    for _, block in _nested(step):
        clash = sorted(block.nodes.keys() & steps.keys())
        if clash:
            raise DefinitionError(
                f"step {clash[0]!r} inside {name!r} has the name of a step around it",
                at=parsing.at(),
                hint="give one of them another name",
            )
    reads = set(_reads(step))
    needs = {read.name for read in reads if read.name is not None and _inside(read, steps)}
    for other in step.after:
        if other not in steps:
            raise DefinitionError(
                f"step {name!r} comes after {other!r}, which is not here",
                at=parsing.at("after"),
                hint=nearest(other, steps),
            )
        needs.add(other)
    outer = frozenset(read for read in reads if not _inside(read, steps))
    every = {(read.root, read.name) for read in outer} | {("steps", name) for name in needs}
    return Node(name, step, digest_of(raw), frozenset(needs), outer, tuple(sorted(every, key=str)), parsing.at())


def _reads(step: Step) -> Iterator[Reads]:
    """What a step and its nested blocks refer to outside of the step."""
    yield from step.reads()
    for each in (step, *(fallback.step for fallback in step.fallback if fallback.step is not None)):
        own = each.locals()
        for _, block in each.blocks():
            yield from (read for read in block.outer if read.root not in own)


def _nested(step: Step) -> Iterator[tuple[str, Block]]:
    yield from step.blocks()
    for fallback in step.fallback:
        if fallback.step is not None:
            yield from fallback.step.blocks()


def _inside(read: Reads, steps: dict[str, Step]) -> bool:
    return read.root == "steps" and read.name in steps


def _ordered(nodes: dict[str, Node], parsing: Parsing) -> dict[str, Node]:
    try:
        order = TopologicalSorter({name: sorted(node.needs) for name, node in nodes.items()}).static_order()
        return {name: nodes[name] for name in order}
    except CycleError as error:
        circle: list[str] = list(reversed(error.args[1]))
        raise DefinitionError(
            f"these steps wait for each other in a circle: {' -> '.join(circle)}", at=nodes[circle[0]].at
        ) from None
