"""A chain as it is defined: typed inputs, a block of steps, an output."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from genops.artifacts import Component, canonical_bytes
from genops.chains.block import GLOBALS, Block, Node
from genops.chains.step import Need, Parsing
from genops.errors import DefinitionError, nearest
from genops.prompts import InputSpec
from genops.syntax import Reads, YamlFile, read_text, read_yaml

_KEYS = ("description", "inputs", "steps", "output")


@dataclass(frozen=True, slots=True)
class ChainDefinition:
    """A parsed chain, checked as far as one file can be.

    Attributes:
        name: By which others refer to it.
        description: For people; not part of the digest.
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
        return cls.from_data(component.body, component.name, YamlFile(component.body, f"{component.source} (stored)"))

    @classmethod
    def from_data(cls, data: Any, name: str, file: YamlFile | None = None) -> ChainDefinition:
        """Reads a chain from plain data, as YAML or Python gives it.

        Raises:
            DefinitionError: It is not a chain; a reference leads nowhere; steps wait for each other.
        """
        file = file or YamlFile(data, f"<chain {name}>")
        if not isinstance(data, dict):
            raise DefinitionError("a chain is a mapping with `steps:`", at=file.at())
        for key in data:
            if key not in _KEYS:
                raise DefinitionError(f"unknown key {key!r} in a chain", at=file.at(key), hint=nearest(key, _KEYS))
        component = Component("chain", name, _body(data))
        canonical = orjson.loads(canonical_bytes(component.body))
        inputs = InputSpec.parse(canonical["inputs"], file, "inputs")
        block = Block.parse(
            {key: canonical[key] for key in ("steps", "output") if key in canonical}, Parsing(file)
        )
        definition = cls(name, str(data.get("description") or ""), inputs, block, component)
        definition._check_references()
        return definition

    def needs(self) -> list[Need]:
        """Every component that its steps refer to, once each, in order of appearance."""
        return list(dict.fromkeys(need for step in self.block.steps() for need in _needs(step)))

    def _check_references(self) -> None:
        names = self.inputs.names()
        for read in sorted(self.block.outer, key=str):
            if read.root == "inputs":
                if read.name is not None and read.name not in names:
                    raise self._unknown(f"there is no input {read.name!r}", read, nearest(read.name, names))
            elif read.root == "steps":
                known = [name for _, node in self.block.walk() for name in [_last(_)]]
                raise self._unknown(
                    f"there is no step {read.name!r} here" if read.name else "a step must be named, as in steps.answer",
                    read,
                    nearest(read.name or "", known),
                )
            elif read.root not in GLOBALS:
                roots = ["inputs", "steps"]
                raise self._unknown(f"there is no variable {read.root!r}", read, nearest(read.root, roots))

    def _unknown(self, message: str, read: Reads, hint: str) -> DefinitionError:
        found: list[tuple[str, Node]] = [(path, node) for path, node in self.block.walk() if read in node.step.reads()]
        if found:
            path, node = found[-1]
            return DefinitionError(f"step {path!r}: {message}", at=node.at, hint=hint)
        return DefinitionError(f"output: {message}", at=None, hint=hint)


def _body(data: dict[str, Any]) -> dict[str, Any]:
    body = {"inputs": data.get("inputs") or {}, "steps": data.get("steps")}
    if "output" in data:
        body["output"] = data["output"]
    return body


def _needs(step: Any) -> list[Need]:
    found = list(step.needs())
    found.extend(Need("model", fallback.model) for fallback in step.fallback if fallback.model)
    return found


def _last(path: str) -> str:
    return path.rpartition("/")[2]
