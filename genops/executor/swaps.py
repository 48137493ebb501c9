"""Swaps: one component in the place of another, for a replay or for a variant of a chain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from genops.artifacts import Reference
from genops.chains import ChainDefinition, Tool
from genops.errors import UsageError, nearest
from genops.models import Model
from genops.prompts import Prompt

if TYPE_CHECKING:
    from genops.executor.closure import Closure, IndexHandle
    from genops.executor.project import Project
    from genops.executor.sources import Source

SWAPPABLE = ("chain", "prompt", "model", "index", "tool")


@dataclass(frozen=True, slots=True)
class Swap:
    """A component and what takes its place.

    Attributes:
        kind: Of both.
        name: Of the one that is replaced.
        reference: Of the one that takes its place.
    """

    kind: str
    name: str
    reference: str

    @classmethod
    def parse(cls, text: str) -> Swap:
        """Reads ``prompt:answer@2``, which replaces ``answer``, or ``model:fast=big``, which replaces ``fast``.

        Raises:
            UsageError: It is neither.
        """
        kind, _, rest = text.partition(":")
        if kind not in SWAPPABLE or not rest:
            raise UsageError(
                f"{text!r} is not a swap",
                hint=f"write KIND:REFERENCE, KIND one of {', '.join(SWAPPABLE)}: prompt:answer@2",
            )
        name, equals, reference = rest.partition("=")
        return cls(kind, Reference.parse(name).name, reference if equals else name)

    @property
    def key(self) -> tuple[str, str]:
        """Kind and name of what is replaced."""
        return self.kind, self.name

    def require_among(self, names: Iterable[str], whose: str) -> None:
        """Refuses a swap of something that is not used.

        Raises:
            UsageError: The name is not among ``names``.
        """
        known = sorted(set(names))
        if self.name not in known:
            hint = nearest(self.name, known) if known else f"there is no {self.kind} in it"
            if known and self.reference == self.name:  # it was named without what it is to take the place of
                hint = f"{hint}; write {known[0]}={self.name} to put it in the place of {known[0]!r}"
            raise UsageError(f"{whose} used no {self.kind} {self.name!r}", hint=hint)


@dataclass
class SwappedSource:
    """Components from a source, some of them swapped.

    Attributes:
        source: Gives what is not swapped.
        project: Gives what is.
        swaps: ``(kind, name)`` to the reference that takes its place.
        parameters: Set on every model, over its own.
    """

    source: Source
    project: Source
    swaps: Mapping[tuple[str, str], str]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def inside(self, reference: str) -> Source:
        """Where the references inside of a chain lead, swapped as well."""
        swap = self._swapped("chain", reference)
        inner = self.project.inside(swap) if swap else self.source.inside(reference)
        return self if inner is self.source else replace(self, source=inner)

    def chain(self, reference: str) -> ChainDefinition:
        """A chain's definition."""
        swap = self._swapped("chain", reference)
        return self.project.chain(swap) if swap else self.source.chain(reference)

    def prompt(self, reference: str) -> Prompt:
        """A template with its partials and examples."""
        swap = self._swapped("prompt", reference)
        return self.project.prompt(swap) if swap else self.source.prompt(reference)

    def model(self, alias: str) -> Model:
        """A model."""
        swap = self._swapped("model", alias)
        model = self.project.model(swap) if swap else self.source.model(alias)
        return with_parameters(model, self.parameters) if self.parameters else model

    def index(self, reference: str) -> IndexHandle:
        """An index."""
        swap = self._swapped("index", reference)
        return self.project.index(swap) if swap else self.source.index(reference)

    def tool(self, name: str) -> Tool:
        """A tool."""
        swap = self._swapped("tool", name)
        return self.project.tool(swap) if swap else self.source.tool(name)

    def _swapped(self, kind: str, reference: str) -> str | None:
        return self.swaps.get((kind, Reference.parse(reference).name))


def with_parameters(model: Model, parameters: Mapping[str, Any]) -> Model:
    """A model with parameters over its own, and the digest that follows."""
    merged = {**model.alias.parameters, **parameters}
    component = replace(model.component, body={**model.component.body, "parameters": merged})
    return replace(model, alias=model.alias.model_copy(update={"parameters": merged}), component=component)


def swapped_closure(
    project: Project, reference: str, swaps: Iterable[Swap], parameters: Mapping[str, Any] | None = None
) -> Closure:
    """The closure of a chain with some of its components swapped.

    Args:
        project: Whose chain it is.
        reference: Of the chain.
        swaps: What is replaced.
        parameters: Set on every model, over its own.

    Raises:
        ReferenceNotFound: The chain, a component or what takes its place is not there.
        UsageError: A swap names nothing that the chain uses, or there are parameters and it uses no model.
    """
    plain = project.source
    swaps = tuple(swaps)
    if swaps or parameters:
        whole = project.closure(plain.chain(reference), plain.inside(reference))
        for swap in swaps:
            swap.require_among((c.name for c in whole.components if c.kind == swap.kind), f"the chain {reference!r}")
        if parameters and not any(component.kind == "model" for component in whole.components):
            raise UsageError(f"the chain {reference!r} uses no model that takes parameters", hint="leave them out")
    table = {swap.key: swap.reference for swap in swaps}
    source = SwappedSource(plain.inside(reference), plain, table, parameters or {})
    return project.closure(plain.chain(reference), source)
