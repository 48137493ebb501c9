"""Where a chain's components come from: the working tree, published versions, git, or the store by a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from genops.artifacts import Component, Reference
from genops.chains import ChainDefinition, Tool
from genops.errors import LockMismatch, ReferenceNotFound, nearest
from genops.models import Model, resolve_model
from genops.plugins import registry
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

    def prompt(self, reference: str) -> Prompt:
        """A template with its partials and examples."""
        ...

    def model(self, alias: str) -> Model:
        """A model."""
        ...

    def index(self, reference: str) -> Index:
        """An open index."""
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

    def __init__(self, settings: Settings, store: StoreGiver) -> None:
        self._settings = settings
        self._store = store

    def chain(self, reference: str) -> ChainDefinition:
        """A chain from ``chains/NAME.yaml``, a version, a label, a git revision or a digest."""
        from genops.executor.revisions import chain_at_git, published

        parsed = Reference.parse(reference)
        if parsed.form == "tree":
            folder = self._settings.root / self._settings.paths.chains
            path = folder / f"{parsed.name}.yaml"
            if not path.is_file():
                raise ReferenceNotFound(
                    f"no chain is called {parsed.name!r}: there is no {self._settings.paths.chains / parsed.name}.yaml",
                    hint=nearest(parsed.name, chain_names(self._settings)),
                )
            return ChainDefinition.load(path, parsed.name, path.relative_to(self._settings.root))
        if parsed.form == "git":
            return chain_at_git(self._settings, parsed)
        return ChainDefinition.from_component(published(self._store(), "chain", parsed)[0])

    def prompt(self, reference: str) -> Prompt:
        """A template from ``prompts/NAME.prompt``, a version, a label, a git revision or a digest."""
        from genops.executor.revisions import prompt_at_git, published, stored_prompt

        parsed = Reference.parse(reference)
        if parsed.form == "tree":
            return Prompt.load(parsed.name, self._settings)
        if parsed.form == "git":
            return prompt_at_git(self._settings, parsed)
        return stored_prompt(published(self._store(), "prompt", parsed))

    def model(self, alias: str) -> Model:
        """A model alias of the settings."""
        return resolve_model(self._settings, alias)

    def index(self, reference: str) -> Index:
        """An index's snapshot in use, or the one with the digest after ``#``."""
        from genops.retrieval import open_index

        parsed = Reference.parse(reference)
        if parsed.form not in ("tree", "digest"):
            raise ReferenceNotFound(f"{reference!r}: an index is named by NAME or NAME#digest")
        return open_index(self._settings, parsed.name, parsed.selector or None)

    def tool(self, name: str) -> Tool:
        """A registered tool."""
        found: Tool = registry.get("tool", name)
        return found


class LockedSource:
    """A past run's closure, from the store; what is swapped comes from the project.

    Args:
        store: Holds the components.
        lock: The run's.
        project: For swapped components, and for what has code or data outside of the store (tools, indexes).
        swaps: ``(kind, name)`` to the reference that takes its place.
    """

    def __init__(self, store: Store, lock: Lock, project: Source, swaps: dict[tuple[str, str], str]) -> None:
        self._project = project
        self._lock = lock
        self._swaps = swaps
        self._components = {(c.kind, c.name, c.digest): c for c in store.components_of(lock.digest)}

    def _swapped(self, kind: str, reference: str) -> str | None:
        return self._swaps.get((kind, Reference.parse(reference).name))

    def _find(self, kind: str, reference: str) -> Component:
        entries = [e for e in self._lock.entries if e.kind == kind]
        for entry in (*(e for e in entries if e.source == reference), *(e for e in entries if e.name == reference)):
            component = self._components.get((kind, entry.name, entry.digest))
            if component is not None:
                return component
        raise LockMismatch(f"the run's lock has no {kind} {reference!r}, or the store no longer keeps it")

    def chain(self, reference: str) -> ChainDefinition:
        """The chain as it ran."""
        swap = self._swapped("chain", reference)
        return self._project.chain(swap) if swap else ChainDefinition.from_component(self._find("chain", reference))

    def prompt(self, reference: str) -> Prompt:
        """The template as it was rendered."""
        from genops.executor.revisions import stored_prompt

        swap = self._swapped("prompt", reference)
        if swap:
            return self._project.prompt(swap)
        component = self._find("prompt", reference)
        return stored_prompt([component, *self._components.values()])

    def model(self, alias: str) -> Model:
        """The model as it was called; where it is served comes from the settings of today."""
        from genops.models import stored_model

        swap = self._swapped("model", alias)
        return self._project.model(swap) if swap else stored_model(self._find("model", alias))

    def index(self, reference: str) -> Index:
        """The index's snapshot that was searched."""
        swap = self._swapped("index", reference)
        if swap:
            return self._project.index(swap)
        from genops.retrieval import stored_index

        return stored_index(self._find("index", reference))

    def tool(self, name: str) -> Tool:
        """The tool; its code is that of today, and its digest says whether that is the code that ran."""
        swap = self._swapped("tool", name)
        if swap:
            return self._project.tool(swap)
        raise LockMismatch(name)
