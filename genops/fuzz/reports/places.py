"""Where in a project's files a step stands, so that a finding can be shown there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path

from genops.artifacts import Reference
from genops.chains import ChainDefinition, Step
from genops.chains.block import Block, Node
from genops.errors import GenopsError
from genops.evals.reports.github import in_repository
from genops.settings import Settings

_NUMBERS = re.compile(r"/?\[\d+\]|#\d+")


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file.

    Attributes:
        file: Relative to the repository that the project is in, or to the project where it is in none; ``/`` between.
        line: From 1.
    """

    file: str
    line: int = 1


class Places:
    """Finds the places of a chain's steps in the working tree.

    Args:
        settings: Of the project.
        chain: Reference of the chain. Of a published version, places are those of its name in the working tree.
        otherwise: A file of the project that stands for a chain that is in no file; empty for none.
    """

    def __init__(self, settings: Settings, chain: str, otherwise: str = "") -> None:
        self._settings = settings
        self._chain = chain
        self._otherwise = otherwise
        self._definition = cache(self._load)

    def of(self, step: str) -> list[Place]:
        """The places of a step, the one to show first: where the chain has it, then the prompt that it renders.

        Args:
            step: Its position in a run; empty for the chain as a whole.

        Returns:
            The chain's own place for a step that is not found; of a chain in no file, the file in its stead, if any.
        """
        found = [place for path, line in self._within(self._chain, step) if (place := self._place(path, line))]
        if not found and self._otherwise:
            found = [Place(in_repository(self._settings.root, self._otherwise))]
        return found

    def _within(self, reference: str, step: str) -> Iterator[tuple[Path, int | None]]:
        definition = self._definition(reference)
        if definition is None:
            return
        node, rest = _deepest(definition.block, step)
        if node is None:
            yield self._file("chain", reference), None
            return
        inside = [need.reference for need in node.step.needs() if need.kind == "chain"] if rest else []
        if inside and (inner := self._definition(inside[0])) is not None:
            yield from self._within(inside[0], rest.removeprefix(inner.name).removeprefix("/"))
            return
        yield Path(node.at.path), node.at.line
        yield from ((path, None) for path in self._prompts(node.step))

    def _prompts(self, step: Step) -> Iterator[Path]:
        for need in step.needs():
            if need.kind == "prompt":
                yield self._file("prompt", need.reference)

    def _load(self, reference: str) -> ChainDefinition | None:
        """A chain of the working tree; None where it is in no file, or in one that is broken now."""
        try:
            path = self._file("chain", reference)
            return ChainDefinition.load(self._settings.root / path, path.stem, path)
        except GenopsError:
            return None

    def _file(self, kind: str, reference: str) -> Path:
        name, paths = Reference.parse(reference).name, self._settings.paths
        return paths.chains / f"{name}.yaml" if kind == "chain" else paths.prompts / f"{name}.prompt"

    def _place(self, path: Path, line: int | None) -> Place | None:
        there = (self._settings.root / path).is_file()
        return Place(in_repository(self._settings.root, path), line or 1) if there else None


def _deepest(block: Block, step: str) -> tuple[Node | None, str]:
    """The innermost node on the way to a step, and what is left of the way."""
    way = _NUMBERS.sub("", step)
    found: list[tuple[int, int, Node]] = []
    for path, node in block.walk():
        plain = _NUMBERS.sub("", path)
        if way == plain or way.startswith(f"{plain}/"):
            pairs = zip(path.replace("/[", "["), step, strict=False)
            alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))  # tells cases of a branch apart
            found.append((len(plain), alike, node))
    if not found:
        return None, ""
    length, _, node = max(found, key=lambda one: one[:2])
    return node, way[length + 1 :]
