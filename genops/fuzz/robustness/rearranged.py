"""A copy of a chain whose searches can be rearranged, for one run at a time. The project stays as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, cast

from genops.chains import ChainDefinition, Tool
from genops.executor.closure import Closure, IndexHandle
from genops.executor.index_around import IndexAround
from genops.executor.sources import Source
from genops.fuzz.robustness.relation import Found, PassageRelation
from genops.models import Model
from genops.prompts import Prompt

if TYPE_CHECKING:
    from genops.executor import Project
    from genops.retrieval import Index
    from genops.retrieval.search import Hit


@dataclass(slots=True)
class Rearranging:
    """What is done to the searches of one run.

    Attributes:
        relation: Which change.
        seed: Of its chance; searches with other queries draw anew.
        touched: Whether a search gave something else than it found.
    """

    relation: PassageRelation
    seed: str
    touched: bool = False

    def __call__(self, found: Found) -> list[Hit]:
        """What a search gives in place of what it found, ranks numbered."""
        hits = self.relation.rearrange(found, Random(f"{self.seed} {found.query}"))
        self.touched |= hits != list(found.hits)
        return [replace(hit, rank=rank) for rank, hit in enumerate(hits, start=1)]


_current: ContextVar[Rearranging | None] = ContextVar("rearranging", default=None)


@contextmanager
def rearranged(rearranging: Rearranging | None) -> Iterator[None]:
    """Rearranges the searches of the runs that are started inside; None leaves them."""
    token = _current.set(rearranging)
    try:
        yield
    finally:
        _current.reset(token)


def rearranged_closure(project: Project, reference: str) -> Closure:
    """The closure of a chain whose searches can be rearranged.

    Args:
        project: Whose chain it is.
        reference: Of the chain.

    Raises:
        ReferenceNotFound: The chain or a component is not there.
    """
    plain = project.source
    return project.closure(plain.chain(reference), _Rearranged(plain.inside(reference)))


@dataclass(frozen=True)
class _Rearranged:
    """Components of a source, with indexes that can be rearranged."""

    source: Source

    def inside(self, reference: str) -> Source:
        inner = self.source.inside(reference)
        return self if inner is self.source else replace(self, source=inner)

    def chain(self, reference: str) -> ChainDefinition:
        return self.source.chain(reference)

    def model(self, alias: str) -> Model:
        return self.source.model(alias)

    def prompt(self, reference: str) -> Prompt:
        return self.source.prompt(reference)

    def tool(self, name: str) -> Tool:
        return self.source.tool(name)

    def index(self, reference: str) -> IndexHandle:
        handle = self.source.index(reference)
        component = replace(handle.component, body={**handle.component.body, "rearranged": True})
        return IndexHandle(component, handle.code, lambda: cast("Index", _RearrangedIndex(handle.open())))


class _RearrangedIndex(IndexAround):
    """An open index whose hits are changed as the run that asks wants it."""

    async def asearch(self, query: Any, k: int, **options: Any) -> list[Hit]:
        hits = await self.index.asearch(query, k, **options)
        rearranging = _current.get()
        if rearranging is None:
            return hits
        asked = query if isinstance(query, str) else " ".join(query)
        return rearranging(Found(asked, tuple(hits), lambda text: self.hit("added", text, 0.0)))
