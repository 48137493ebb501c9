"""A chain as it is defined: typed inputs, a block of steps, an output."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from genops.artifacts import Component, canonical_bytes, short
from genops.chains.block import GLOBALS, Block
from genops.chains.step import Need, Parsing, Step
from genops.errors import DefinitionError, Location, nearest
from genops.prompts import InputSpec
from genops.syntax import Reads, YamlFile, read_text, read_yaml

_KEYS = ("description", "inputs", "steps", "output")


@dataclass(frozen=True, slots=True)
class ChainDefinition:
    """A parsed chain, checked as far as one file can be.

    Attributes:
        name: By which others refer to it.
        description: For people, and for agents that use the chain as a tool.
        inputs: What it takes.
        block: What it does.
        component: Its canonical form; what runs was built from it.
    """

    name: str
    description: str
    inputs: InputSpec
    block: Block
    component: Component

    @classmethod
    def load(cls, path: Path, name: str, shown: Path | str | None = None) -> ChainDefinition:
        """Reads ``chains/NAME.yaml``.

        Raises:
            DefinitionError: The file is missing or is not a chain; with the line.
        """
        return cls.parse(read_text(path, "chain"), name, shown or path)

    @classmethod
    def parse(cls, text: str, name: str, path: Path | str = "<chain>") -> ChainDefinition:
        """Reads a chain from YAML text."""
        file = read_yaml(text, path)
        return cls.from_data(file.data, name, file)

    @classmethod
    def from_component(cls, component: Component) -> ChainDefinition:
        """The definition that a stored component was made from."""
        file = YamlFile(component.body, f"{component.name} ({short(component.digest)})")
        return cls._built(component, component.body["description"], InputSpec.from_body(component.body["inputs"]), file)

    @classmethod
    def from_data(cls, data: Any, name: str, file: YamlFile | None = None) -> ChainDefinition:
        """Reads a chain from plain data, as YAML or Python gives it.

        Raises:
            DefinitionError: It is not a chain; a reference leads nowhere; steps wait for each other.
        """
        file = file or YamlFile(data, f"<chain {name}>")
        for key in data if isinstance(data, dict) else ():
            if key not in _KEYS:
                raise DefinitionError(f"unknown key {key!r} in a chain", at=file.at(key), hint=nearest(key, _KEYS))
        if not isinstance(data, dict) or "steps" not in data:
            raise DefinitionError("a chain is a mapping with `steps:`", at=file.at())
        inputs = InputSpec.parse(data.get("inputs"), file, "inputs")
        description = str(data.get("description") or "").strip()
        body = {"description": description, "inputs": inputs.body(), "steps": data["steps"]}
        if "output" in data:
            body["output"] = data["output"]
        try:
            component = Component("chain", name, body)
        except DefinitionError as error:
            error.at = file.at()
            raise
        return cls._built(component, description, inputs, file)

    @classmethod
    def _built(cls, component: Component, description: str, inputs: InputSpec, file: YamlFile) -> ChainDefinition:
        """The definition, from the canonical form of its body: what runs is what the digest covers."""
        canonical = orjson.loads(canonical_bytes(component.body))
        block = Block.parse({key: canonical[key] for key in ("steps", "output") if key in canonical}, Parsing(file))
        definition = cls(component.name, description, inputs, block, component)
        definition._check_references(file)
        return definition

    def needs(self) -> dict[Need, Location]:
        """Every component that its steps refer to, in order of appearance, and where it is referred to first."""
        found: dict[Need, Location] = {}
        for step, at in self.block.steps():
            for need in _needs(step):
                found.setdefault(need, at)
        return found

    def _check_references(self, file: YamlFile) -> None:
        inputs = self.inputs.names()
        for read in sorted(self.block.outer, key=str):
            if read.root == "inputs" and (read.name is None or read.name in inputs):
                continue
            if read.root == "inputs":
                problem, hint = f"there is no input {read.name!r}", nearest(str(read.name), inputs)
            elif read.root == "steps":
                steps = [path.rpartition("/")[2] for path, _ in self.block.walk()]
                problem, hint = f"there is no step {read.name!r} here", nearest(str(read.name), steps)
                if read.name is None:
                    problem, hint = "`steps` alone is not a value", "name a step, as in steps.answer.output"
            elif read.root not in GLOBALS:
                problem = f"there is no variable {read.root!r}"
                hint = "expressions see inputs, steps, and what a map or loop around them gives"
            else:
                continue
            where, at = self._place(read, file)
            raise DefinitionError(f"{where}: {problem}", at=at, hint=hint)

    def _place(self, read: Reads, file: YamlFile) -> tuple[str, Location]:
        """The innermost step that reads something, for messages."""
        found = [(path, node.at) for path, node in self.block.walk() if read in node.step.reads()]
        return (f"step {found[-1][0]!r}", found[-1][1]) if found else ("output", file.at("output"))


def _needs(step: Step) -> list[Need]:
    return [*step.needs(), *(Need("model", fallback.model) for fallback in step.fallback if fallback.model)]
