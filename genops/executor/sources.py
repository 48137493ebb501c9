"""Where a chain's components come from: the working tree, published versions, git, or the store by a lock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol

from genops.artifacts import Component, LockEntry, Reference
from genops.chains import ChainDefinition, Tool, stored_tool
from genops.errors import LockMismatch, ReferenceNotFound, StoreError, nearest
from genops.executor.closure import IndexHandle
from genops.executor.revisions import CHAIN_SUFFIX, RevisionSource
from genops.index_settings import FileSource
from genops.models import Model, resolve_model, stored_model
from genops.plugins import Kind, registry
from genops.prompts import Prompt
from genops.settings import Settings

if TYPE_CHECKING:
    from genops.artifacts import Lock
    from genops.retrieval import Index
    from genops.store import Store


class Source(Protocol):
    """Gives components by reference. Raises :class:`ReferenceNotFound` for what it does not have."""

    def chain(self, reference: str) -> ChainDefinition:
        """A chain's definition."""
        ...

    def inside(self, reference: str) -> Source:
        """Where the references inside of that chain lead."""
        ...

    def prompt(self, reference: str) -> Prompt:
        """A template with its partials and examples."""
        ...

    def model(self, alias: str) -> Model:
        """A model."""
        ...

    def index(self, reference: str) -> IndexHandle:
        """An index."""
        ...

    def tool(self, name: str) -> Tool:
        """A tool."""
        ...


class ProjectSource:
    """The project as it is now: files, and for other forms of reference the registry, git and the store.

    Args:
        settings: The project's.
        store: Gives the store; asked only when a reference needs it.
    """

    def __init__(self, settings: Settings, store: Callable[[], Store]) -> None:
        self._settings = settings
        self._store = store

    def inside(self, reference: str) -> Source:
        """Where the references of a chain lead: of one in the working tree here, of another to its own time."""
        return self._of(reference, "chain")

    def chain(self, reference: str) -> ChainDefinition:
        """A chain from ``chains/NAME.yaml``, a version, a label, a git revision or a digest."""
        parsed = Reference.parse(reference)
        if parsed.form != "tree":
            return self._of(reference, "chain").chain(parsed.name)
        folder = self._settings.root / self._settings.paths.chains
        path = folder / f"{parsed.name}{CHAIN_SUFFIX}"
        if not path.is_file():
            raise ReferenceNotFound(
                f"no chain is called {parsed.name!r}: there is no {path.relative_to(self._settings.root)}",
                hint=nearest(parsed.name, chain_names(self._settings)),
            )
        return ChainDefinition.load(path, parsed.name, path.relative_to(self._settings.root))

    def prompt(self, reference: str) -> Prompt:
        """A template from ``prompts/NAME.prompt``, a version, a label, a git revision or a digest."""
        parsed = Reference.parse(reference)
        if parsed.form != "tree":
            return self._of(reference, "prompt").prompt(parsed.name)
        return Prompt.load(parsed.name, self._settings)

    def _of(self, reference: str, kind: Literal["chain", "prompt"]) -> Source:
        parsed = Reference.parse(reference)
        if parsed.form == "tree":
            return self
        if parsed.form == "git":
            return RevisionSource(self._settings, parsed.selector, self)
        from genops.registry import resolve

        store = self._store()
        version = resolve(store, parsed, kind)
        return LockedSource(store, store.lock(version.lock), self._settings, self, {})

    def model(self, alias: str) -> Model:
        """A model alias of the settings."""
        return resolve_model(self._settings, alias)

    def index(self, reference: str) -> IndexHandle:
        """An index's snapshot in use, or the one with the digest after ``#``."""
        from genops.retrieval import open_index

        parsed = Reference.parse(reference)
        if parsed.form not in ("tree", "digest"):
            raise ReferenceNotFound(f"{reference!r}: an index is named by NAME or NAME#digest")
        index = open_index(self._settings, parsed.name, parsed.selector or None)
        return IndexHandle(index.component, code_of_index(self._settings, parsed.name), lambda: index)

    def tool(self, name: str) -> Tool:
        """A registered tool."""
        found: Tool = registry.get("tool", name)
        return found


class LockedSource:
    """A past closure, from the store; what is swapped comes from the project.

    Args:
        store: Holds the components.
        lock: The closure's.
        settings: Where models are served today.
        project: For what is swapped.
        swaps: ``(kind, name)`` to the reference that takes its place.
        prefix: Begins the sources of a pinned sub-chain's components in the lock.
    """

    def __init__(
        self,
        store: Store,
        lock: Lock,
        settings: Settings,
        project: Source,
        swaps: Mapping[tuple[str, str], str],
        prefix: str = "",
    ) -> None:
        self._store = store
        self._lock = lock
        self._settings = settings
        self._project = project
        self._swaps = swaps
        self._prefix = prefix
        self._entries = {(entry.kind, entry.source): entry for entry in lock.entries}

    def inside(self, reference: str) -> Source:
        """The same closure; for a sub-chain at a version of its own, the part of the lock that is its."""
        swap = self._swapped("chain", reference)
        if swap:
            return self._project.inside(swap)
        if Reference.parse(reference).form == "tree":
            return self
        prefix = f"{self._prefix}{reference}/"
        return LockedSource(self._store, self._lock, self._settings, self._project, self._swaps, prefix)

    def chain(self, reference: str) -> ChainDefinition:
        """The chain as it was."""
        swap = self._swapped("chain", reference)
        if swap:
            return self._project.chain(swap)
        return ChainDefinition.from_component(self._component("chain", reference))

    def prompt(self, reference: str) -> Prompt:
        """The template as it was, with the model that it was wired to."""
        swap = self._swapped("prompt", reference)
        if swap:
            return self._project.prompt(swap)
        entry = self._entry("prompt", reference)
        parts: dict[str, list[Component]] = {"partial": [], "examples": []}
        alias = None
        for use in entry.uses:
            kind, _, rest = use.partition(":")
            if kind == "model":
                alias = rest
            else:
                name, _, digest = rest.rpartition("#")
                parts[kind].append(self._stored(kind, name, digest))
        examples = parts["examples"][0] if parts["examples"] else None
        prompt = self._stored("prompt", entry.name, entry.digest)
        return Prompt.from_components(prompt, parts["partial"], examples, alias)

    def model(self, alias: str) -> Model:
        """The model as it was called; where it is served comes from the settings of today."""
        swap = self._swapped("model", alias)
        if swap:
            return self._project.model(swap)
        entry = self._entry("model", alias)
        adapters = [use.removeprefix("adapter:").rpartition("#") for use in entry.uses]
        adapter = next((self._stored("adapter", name, digest) for name, _, digest in adapters), None)
        return stored_model(self._settings, self._stored("model", entry.name, entry.digest), adapter)

    def index(self, reference: str) -> IndexHandle:
        """The index's snapshot that was searched."""
        swap = self._swapped("index", reference)
        if swap:
            return self._project.index(swap)
        component = self._component("index", reference)
        code = code_of_index(self._settings, component.name)
        return IndexHandle(component, code, lambda: open_snapshot(self._settings, component))

    def tool(self, name: str) -> Tool:
        """The tool; its code is that of today where that is the code that ran."""
        swap = self._swapped("tool", name)
        return self._project.tool(swap) if swap else stored_tool(self._component("tool", name))

    def _swapped(self, kind: str, reference: str) -> str | None:
        """What the project gives instead: what is swapped, and what only that needs."""
        swap = self._swaps.get((kind, Reference.parse(reference).name))
        new = self._swaps and (kind, self._prefix + reference) not in self._entries
        return reference if swap is None and new else swap

    def _entry(self, kind: str, reference: str) -> LockEntry:
        entry = self._entries.get((kind, self._prefix + reference))
        if entry is None:
            raise LockMismatch(f"the lock of {self._lock.chain!r} has no {kind} {self._prefix}{reference}")
        return entry

    def _component(self, kind: str, reference: str) -> Component:
        entry = self._entry(kind, reference)
        return self._stored(kind, entry.name, entry.digest)

    def _stored(self, kind: str, name: str, digest: str) -> Component:
        """A component under the name that it had here; others may share its digest."""
        component = self._components.get((kind, digest))
        if component is None:
            raise StoreError(f"the store no longer keeps the {kind} {digest[:12]} of {self._lock.chain!r}")
        return replace(component, name=name)

    @cached_property
    def _components(self) -> dict[tuple[str, str], Component]:
        return {(c.kind, c.digest): c for c in self._store.components_of(self._lock.digest)}


def code_of_index(settings: Settings, name: str) -> tuple[tuple[Kind, str], ...]:
    """The embedder and the readers that the settings name for an index."""
    index = settings.indexes.get(name)
    if index is None:
        return ()
    readers = {source.reader for source in index.sources if isinstance(source, FileSource) and source.reader}
    return (("embedder", index.embedder), *(("reader", reader) for reader in sorted(readers)))


def open_snapshot(settings: Settings, component: Component) -> Index:
    """The index snapshot of a stored component.

    Raises:
        SnapshotError: It is no longer on disk.
    """
    from genops.retrieval import open_index

    return open_index(settings, component.name, component.digest)


def chain_names(settings: Settings) -> list[str]:
    """Names of the chains in the project's folder."""
    folder = settings.root / settings.paths.chains
    return sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.yaml"))
