"""A chain's closure: everything that shapes its answers, resolved once, and the lock that pins it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from genops.artifacts import Component, ComponentKind, Lock
from genops.chains import ChainDefinition, Need, Tool
from genops.errors import DefinitionError
from genops.models import Model
from genops.prompts import Prompt

if TYPE_CHECKING:
    from genops.executor.sources import Source
    from genops.retrieval import Index


@dataclass(slots=True)
class IndexHandle:
    """An index of the closure: what it is, and how to open it when a search needs it."""

    component: Component
    open: Callable[[], Index]


@dataclass(slots=True)
class Closure:
    """The resolved components of one chain, by the references that its files use.

    Attributes:
        root: The chain itself.
        lock: Pins everything below.
        default_model: Alias of templates that name none.
    """

    root: ChainDefinition
    default_model: str
    chains: dict[str, ChainDefinition] = field(default_factory=dict)
    prompts: dict[str, Prompt] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    indexes: dict[str, IndexHandle] = field(default_factory=dict)
    tools: dict[str, Tool] = field(default_factory=dict)
    components: list[Component] = field(default_factory=list)
    uses: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    lock: Lock = field(init=False)

    @classmethod
    def resolve(cls, root: ChainDefinition, source: Source, default_model: str, max_depth: int = 32) -> Closure:
        """Resolves everything that a chain refers to, through sub-chains to any depth.

        Raises:
            ReferenceNotFound: A reference leads nowhere.
            DefinitionError: A chain contains itself, or they nest deeper than ``limits.chain_depth``.
        """
        closure = cls(root, default_model)
        closure.components.append(runtime_component())
        _Resolver(closure, source, max_depth).chain(root, (root.name,))
        closure.lock = Lock.of(root.name, closure.components, closure.uses)
        return closure

    def add(self, component: Component, reference: str, uses: tuple[str, ...] = ()) -> None:
        """Takes a component in under the reference that leads to it."""
        entry = Component(component.kind, component.name, component.body, reference)
        self.components.append(entry)
        if uses:
            self.uses[component.kind, reference] = uses

    def model_for(self, prompt: Prompt) -> str:
        """The alias that a template is asked with."""
        return prompt.model_alias or self.default_model


@dataclass(frozen=True, slots=True)
class _Resolver:
    closure: Closure
    source: Source
    max_depth: int

    def chain(self, definition: ChainDefinition, path: tuple[str, ...]) -> None:
        if len(path) > self.max_depth:
            raise DefinitionError(f"chains nest deeper than limits.chain_depth = {self.max_depth}: {' > '.join(path)}")
        self.closure.add(definition.component, path[-1])
        for need in definition.needs():
            if need.kind == "chain":
                self._sub_chain(need.reference, path)
            elif need.reference not in self._known(need.kind):
                self._resolve(need)

    def _sub_chain(self, reference: str, path: tuple[str, ...]) -> None:
        if reference in path:
            raise DefinitionError(
                f"the chain {reference!r} contains itself: {' > '.join((*path[path.index(reference) :], reference))}"
            )
        if reference not in self.closure.chains:
            definition = self.source.chain(reference)
            self.closure.chains[reference] = definition
            self.chain(definition, (*path, reference))
        else:
            for need in self.closure.chains[reference].needs():
                if need.kind == "chain":
                    self._sub_chain(need.reference, (*path, reference))

    def _known(self, kind: ComponentKind) -> dict[str, object]:
        closure = self.closure
        tables = {"prompt": closure.prompts, "model": closure.models, "index": closure.indexes, "tool": closure.tools}
        return tables[kind]  # type: ignore[return-value]

    def _resolve(self, need: Need) -> None:
        closure, reference = self.closure, need.reference
        if need.kind == "prompt":
            self._prompt(reference)
        elif need.kind == "model":
            model = closure.models[reference] = self.source.model(reference)
            closure.add(model.component, reference)
        elif need.kind == "index":
            handle = closure.indexes[reference] = self.source.index(reference)
            closure.add(handle.component, reference)
        elif need.kind == "tool":
            tool = closure.tools[reference] = self.source.tool(reference)
            closure.add(tool.component, reference)

    def _prompt(self, reference: str) -> None:
        closure = self.closure
        prompt = closure.prompts[reference] = self.source.prompt(reference)
        alias = closure.model_for(prompt)
        parts = [*prompt.partials, *([prompt.examples] if prompt.examples else [])]
        uses = [f"model:{alias}", *(f"{part.kind}:{part.name}#{part.digest}" for part in parts)]
        closure.add(prompt.component, reference, tuple(sorted(uses)))
        for part in parts:
            closure.add(part, part.source)
        for need in (Need("model", alias), *(Need("tool", name) for name in prompt.tools)):
            if need.reference not in self._known(need.kind):
                self._resolve(need)


@cache
def runtime_component() -> Component:
    """genops and jinja2 as they are installed: they render, so they shape answers."""
    return Component("runtime", "runtime", {"genops": version("genops"), "jinja2": version("jinja2")})
