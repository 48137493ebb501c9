"""Whether documents can be put into copies of a chain's indexes."""

from __future__ import annotations

from collections.abc import Iterator

from genops.errors import UsageError
from genops.executor.closure import Closure
from genops.settings import Settings


def check_poisonable(closure: Closure, settings: Settings) -> None:
    """Makes sure that the indexes that a chain searches are on this machine.

    Raises:
        UsageError: One is on a server.
    """
    from genops.retrieval.backends import backend_of

    for name in sorted(set(_indexes(closure))):
        if backend_of(settings, name) is not None:
            raise UsageError(
                f"the index {name!r} is on a server, where no copy of it can be poisoned",
                hint="poison: first puts the attack before all that is found",
            )


def _indexes(closure: Closure) -> Iterator[str]:
    """Names of the indexes, those of sub-chains of their own time included."""
    yield from (handle.component.name for handle in closure.indexes.values())
    for inner in closure.pinned.values():
        yield from _indexes(inner)
