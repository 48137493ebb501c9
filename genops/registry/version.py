"""Publishing: a component and its whole closure under an immutable number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from genops.artifacts import Component, Lock
from genops.errors import DefinitionError, ReferenceNotFound, nearest
from genops.registry.author import current_author

if TYPE_CHECKING:
    from genops.store import Store, VersionRecord

Kind = Literal["prompt", "chain"]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a prompt or chain.

    Attributes:
        kind: ``prompt`` or ``chain``.
        name: What was published.
        number: From 1; None for a component that was run but never published.
        digest: Of the component itself.
        lock: Digest of the lock over its closure; ``store.components_of(lock)`` gives the parts.
        message: Why it was published.
        author: Who published it.
        created: Nanoseconds since the epoch; None when it was never published.
        labels: That point to it now, sorted.
        new: False when publishing found that this closure had been published before.
    """

    kind: str
    name: str
    number: int | None
    digest: str
    lock: str
    message: str = ""
    author: str = ""
    created: int | None = None
    labels: tuple[str, ...] = ()
    new: bool = False

    def __str__(self) -> str:
        return f"{self.name}@{self.number}" if self.number else f"{self.name}#{self.digest[:12]}"


def publish(
    store: Store,
    kind: Kind,
    name: str,
    closure: Lock,
    components: Sequence[Component],
    message: str,
    *,
    author: str | None = None,
) -> Version:
    """Publishes a prompt or chain with its closure under the next number.

    Args:
        store: Where.
        kind: ``prompt`` or ``chain``.
        name: The component's name; ``closure`` has an entry of this kind and name.
        closure: For a chain its lock; for a prompt the lock over template, examples, partials and model.
        components: All that the closure lists; none of them holds a secret, or it would not have been loaded.
        message: Why.
        author: Who; git's user when not given.

    Returns:
        The version; the earlier one, with ``new`` false, when this very closure was published before.

    Raises:
        DefinitionError: The closure is not whole.
        StoreError: The store failed; nothing was published.
    """
    entry = closure.find(kind, name)
    missing = {e.digest for e in closure.entries} - {c.digest for c in components}
    if entry is None or missing:
        raise DefinitionError(f"the closure of {kind} {name} is not whole: it cannot be published")
    record, new = store.publish_version(
        kind, name, entry.digest, closure, components, message, author or current_author()
    )
    return _version(record, current_labels(store, kind, name), new=new)


def log(store: Store, kind: Kind, name: str) -> list[Version]:
    """All versions of a name, newest first, each with the labels that point to it now.

    Raises:
        ReferenceNotFound: Nothing was published under the name.
    """
    records = store.versions(kind, name)
    if not records:
        raise ReferenceNotFound(
            f"no {kind} {name!r} was published",
            hint=f"{nearest(name, store.published_names(kind))}; publish with `genops {kind} publish {name}`",
        )
    labels = current_labels(store, kind, name)
    return [_version(record, labels) for record in reversed(records)]


def current_labels(store: Store, kind: str, name: str) -> dict[str, int]:
    """Where the labels of a name point now."""
    return {move.label: move.version for move in store.label_moves(kind, name)}


def _version(record: VersionRecord, labels: dict[str, int], *, new: bool = False) -> Version:
    return Version(
        record.kind,
        record.name,
        record.number,
        record.digest,
        record.lock,
        record.message,
        record.author,
        record.created,
        tuple(sorted(label for label, number in labels.items() if number == record.number)),
        new,
    )
