"""A chain's closure: everything that shapes its answers, resolved once, and the lock that pins it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from genops.artifacts import Component, Lock, Reference, source_digest
from genops.chains import ChainDefinition, Need, Tool
from genops.errors import DefinitionError, Location, UsageError
from genops.models import Model, provider_name
from genops.plugins import Kind, registry
from genops.prompts import Prompt

if TYPE_CHECKING:
    from genops.executor.sources import Source
    from genops.retrieval import Index


@dataclass(frozen=True, slots=True)
class IndexHandle:
    """An index of the closure.

    Attributes:
        component: What it is.
        code: What it is built and searched with, as it is registered; nothing where the settings have it no more.
        open: Opens it, when a search needs it.
    """

    component: Component
    code: tuple[tuple[Kind, str], ...]
    open: Callable[[], Index]


@dataclass(slots=True)
class Closure:
    """The resolved components of one chain, by the references that its files use.

    Attributes:
        root: The chain itself.
        default_model: Alias of templates that name none.
        chains: Sub-chains that share these components.
        pinned: Sub-chains at a version, label, digest or revision of their own, each with the components of that time.
        plugins: Code of plug-ins that runs: by what it is registered as, the packages that it comes from.
        components: Everything, for the store and the lock.
        uses: What each template is wired to, by kind and source.
        made_of: What the memo knows of steps, by their digest.
        may_keep: Whether it may keep their results, by their digest.
        lock: Pins the components.
    """

    root: ChainDefinition
    default_model: str
    chains: dict[str, ChainDefinition] = field(default_factory=dict)
    pinned: dict[str, Closure] = field(default_factory=dict)
    prompts: dict[str, Prompt] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    indexes: dict[str, IndexHandle] = field(default_factory=dict)
    tools: dict[str, Tool] = field(default_factory=dict)
    plugins: dict[tuple[Kind, str], list[Component]] = field(default_factory=dict)
    components: list[Component] = field(default_factory=list)
    uses: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    made_of: dict[str, str] = field(default_factory=dict)
    may_keep: dict[str, bool] = field(default_factory=dict)
    lock: Lock = field(init=False)

    @classmethod
    def resolve(
        cls, root: ChainDefinition, source: Source, default_model: str, max_depth: int = 32, path: tuple[str, ...] = ()
    ) -> Closure:
        """Resolves everything that a chain refers to, through sub-chains to any depth.

        Args:
            root: The chain.
            source: Where its references lead.
            default_model: Alias of templates that name none.
            max_depth: How deep chains may nest.
            path: The chains around it.

        Raises:
            ReferenceNotFound: A reference leads nowhere.
            DefinitionError: A chain contains itself, or they nest too deep.
        """
        closure = cls(root, default_model)
        closure.components.append(runtime_component())
        closure.add(root.component, root.name)
        _Resolver(closure, source, max_depth).chain(root, (*path, root.name))
        closure.lock = Lock.of(root.name, closure.components, closure.uses)
        return closure

    def add(self, component: Component, reference: str, uses: tuple[str, ...] = ()) -> None:
        """Takes a component in under the reference that leads to it."""
        self.components.append(Component(component.kind, component.name, component.body, reference))
        if uses:
            self.uses[component.kind, reference] = uses

    def add_code(self, kind: Kind, name: str) -> None:
        """Takes in the packages that a step kind, provider, embedder or reader comes from, when it is not built in."""
        if (kind, name) in self.plugins:
            return
        packages = registry.packages(kind, name)
        item = registry.get(kind, name) if packages else None
        found = [Component("plugin", package, {"source": source_digest(item, package)}) for package in packages]
        self.plugins[kind, name] = found
        self.components += found

    def code_digests(self, kind: Kind, name: str) -> list[str]:
        """Digests of the packages that such code comes from; none for what is built in."""
        return [component.digest for component in self.plugins[kind, name]]

    def model_for(self, prompt: Prompt) -> str:
        """The alias that a template is asked with."""
        return prompt.model_alias or self.default_model

    def definition(self, reference: str) -> ChainDefinition:
        """A sub-chain's definition."""
        return self.pinned[reference].root if reference in self.pinned else self.chains[reference]

    def inside(self, reference: str) -> Closure:
        """The closure that a sub-chain's own references lead into."""
        return self.pinned.get(reference, self)


@dataclass(frozen=True, slots=True)
class _Resolver:
    closure: Closure
    source: Source
    max_depth: int

    def chain(self, definition: ChainDefinition, path: tuple[str, ...]) -> None:
        if len(path) > self.max_depth:
            raise DefinitionError(f"chains nest deeper than limits.chain_depth = {self.max_depth}: {' > '.join(path)}")
        for step, _ in definition.block.steps():
            self.closure.add_code("step", step.kind)
        for need, at in definition.needs().items():
            try:
                if need.kind == "chain":
                    self._sub_chain(need.reference, path)
                else:
                    self._need(need)
            except UsageError as error:
                error.at = error.at or at
                raise

    def _sub_chain(self, reference: str, path: tuple[str, ...]) -> None:
        if reference in path:
            circle = " > ".join((*path[path.index(reference) :], reference))
            raise DefinitionError(f"the chain {reference!r} contains itself: {circle}")
        closure = self.closure
        if Reference.parse(reference).form != "tree":
            self._pinned(reference, path)
            return
        if reference not in closure.chains:
            closure.chains[reference] = self.source.chain(reference)
            closure.add(closure.chains[reference].component, reference)
        self.chain(closure.chains[reference], (*path, reference))

    def _pinned(self, reference: str, path: tuple[str, ...]) -> None:
        closure = self.closure
        if reference in closure.pinned:
            return
        inner = Closure.resolve(
            self.source.chain(reference),
            self.source.inside(reference),
            closure.default_model,
            self.max_depth,
            (*path, reference),
        )
        closure.pinned[reference] = inner
        closure.add(inner.root.component, reference)
        for component in inner.components[1:]:
            of_now = component.kind == "plugin"  # code of another time is not loaded
            closure.add(component, component.source if of_now else f"{reference}/{component.source}")
        for (kind, source), uses in inner.uses.items():
            closure.uses[kind, f"{reference}/{source}"] = uses

    def _need(self, need: Need) -> None:
        closure, reference = self.closure, need.reference
        if reference in self._known(need):
            return
        if need.kind == "prompt":
            self._prompt(reference)
        elif need.kind == "model":
            model = closure.models[reference] = self.source.model(reference)
            adapter = model.adapter
            closure.add(model.component, reference, (f"adapter:{adapter.name}#{adapter.digest}",) if adapter else ())
            if adapter is not None:
                closure.add(adapter, adapter.name)
            closure.add_code("provider", provider_name(model))
        elif need.kind == "index":
            handle = closure.indexes[reference] = self.source.index(reference)
            closure.add(handle.component, reference)
            for kind, name in handle.code:
                closure.add_code(kind, name)
        else:
            tool = closure.tools[reference] = self.source.tool(reference)
            closure.add(tool.component, reference)

    def _known(self, need: Need) -> Mapping[str, Any]:
        closure = self.closure
        if need.kind == "prompt":
            return closure.prompts
        if need.kind == "model":
            return closure.models
        return closure.indexes if need.kind == "index" else closure.tools

    def _prompt(self, reference: str) -> None:
        closure = self.closure
        prompt = closure.prompts[reference] = self.source.prompt(reference)
        alias = closure.model_for(prompt)
        parts = [*prompt.partials, *([prompt.examples] if prompt.examples else [])]
        uses = [f"model:{alias}", *(f"{part.kind}:{part.name}#{part.digest}" for part in parts)]
        closure.add(prompt.component, reference, tuple(sorted(uses)))
        for part in parts:
            closure.add(part, part.name)
        for need in (Need("model", alias), *(Need("tool", name) for name in prompt.tools)):
            try:
                self._need(need)
            except UsageError as error:
                error.at = error.at or Location(prompt.path)
                raise


@cache
def runtime_component() -> Component:
    """genops and jinja2 as they are installed: they render, so they shape answers."""
    return Component("runtime", "runtime", {"genops": version("genops"), "jinja2": version("jinja2")})
