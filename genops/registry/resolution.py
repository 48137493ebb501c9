"""From a reference to the version that it means. There is no fallback: what resolves to nothing is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.artifacts import Reference
from genops.errors import ReferenceNotFound, UsageError, nearest
from genops.registry.version import Kind, Version, current_labels, log

if TYPE_CHECKING:
    from genops.store import Store


def resolve(store: Store, reference: Reference, kind: Kind) -> Version:
    """The version that ``NAME@3``, ``NAME@production`` or ``NAME#digest`` means.

    A digest may also be that of a component which was run and never published.

    Raises:
        ReferenceNotFound: It means nothing, or a digest prefix means several; the message lists the nearest.
        UsageError: The reference is to the working tree or a git revision, which are not in the registry.
    """
    if reference.form == "digest":
        return _by_digest(store, reference, kind)
    if reference.form not in ("version", "label"):
        raise UsageError(f"{reference} is not in the registry", hint="write NAME@3, NAME@label or NAME#digest")
    versions = log(store, kind, reference.name)
    if reference.form == "version":
        number: int | None = int(reference.selector)
        known = [str(version.number) for version in versions]
    else:
        labels = current_labels(store, kind, reference.name)
        number, known = labels.get(reference.selector), sorted(labels)
    for version in versions:
        if number is not None and version.number == number:
            return version
    raise ReferenceNotFound(
        f"{kind} {reference.name} has no {reference.form} {reference.selector}", hint=nearest(reference.selector, known)
    )


def _by_digest(store: Store, reference: Reference, kind: Kind) -> Version:
    name, prefix = reference.name, reference.selector
    seen = store.seen_digests(kind, name, "")
    known = {digest: Version(kind, name, None, digest, lock) for digest, lock in seen}
    if store.versions(kind, name):
        known.update({version.digest: version for version in reversed(log(store, kind, name))})
    found = [version for digest, version in known.items() if digest.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(f"{name}#{version.digest[:12]}" for version in found[:5])
        raise ReferenceNotFound(f"{reference} is the beginning of several digests", hint=f"one of {shown}")
    names = {f"{name}#{digest[:12]}" for digest in known}
    raise ReferenceNotFound(
        f"no {kind} {name} with digest {prefix} was published or run",
        hint=nearest(str(reference), names) if names else nearest(name, store.published_names(kind)),
    )
