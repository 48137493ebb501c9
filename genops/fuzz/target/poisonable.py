"""Whether documents can be put into copies of a chain's indexes."""

from __future__ import annotations

from collections.abc import Iterator

from genops.executor.closure import Closure
from genops.settings import Settings


def check_poisonable(closure: Closure, settings: Settings) -> None:
    """Makes sure that the indexes that a chain searches can be copied: those on a server are, to this machine.

    Raises:
        UsageError: One is too large.
        Unfinished: A server cannot be reached.
    """
    from genops.retrieval import open_index
    from genops.retrieval.backends import backend_of
    from genops.retrieval.search.copied import check_copyable

    for name in sorted(set(_indexes(closure))):
        if backend_of(settings, name) is not None:
            check_copyable(open_index(settings, name))


def _indexes(closure: Closure) -> Iterator[str]:
    """Names of the indexes, those of sub-chains of their own time included."""
    yield from (handle.component.name for handle in closure.indexes.values())
    for inner in closure.pinned.values():
        yield from _indexes(inner)
