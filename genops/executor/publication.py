"""From the files of the working tree to a published version, and from a reference to everything behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.artifacts import Component, Lock, Reference
from genops.chains import ChainDefinition
from genops.registry import Kind, Version, resolve
from genops.registry import publish as publish_closure

if TYPE_CHECKING:
    from genops.executor.project import Project


def publish(project: Project, kind: Kind, reference: str, message: str) -> Version:
    """Publishes a chain or template of the working tree, or of a git revision, with its whole closure.

    Raises:
        ReferenceNotFound: It, or something that it refers to, is not there.
        DefinitionError: A file is broken, or holds a secret.
    """
    lock, components = closure_of(project, kind, reference)
    name = Reference.parse(reference).name
    return publish_closure(project.store, kind, name, lock, components, message)


def closure_of(project: Project, kind: Kind, reference: str) -> tuple[Lock, list[Component]]:
    """The lock and the components of a chain or template: as they are now, at a git revision, or as published.

    A template's closure is itself with its partials, examples, tools and the model that it is asked with.

    Raises:
        ReferenceNotFound: It, or something that it refers to, is not there.
        DefinitionError: A file is broken.
    """
    parsed, source = Reference.parse(reference), project.source
    if parsed.form in ("version", "label", "digest"):
        lock = project.store.lock(resolve(project.store, parsed, kind).lock)
        return lock, project.store.components_of(lock.digest)
    if kind == "chain":
        closure = project.closure(source.chain(reference), source.inside(reference))
        return closure.lock, closure.components
    asking = ChainDefinition.from_data({"steps": {"ask": {"prompt": parsed.name}}}, parsed.name)
    closure = project.closure(asking, source.inside(reference))
    components = [component for component in closure.components if component.kind != "chain"]
    return Lock.of(parsed.name, components, closure.uses), components
