"""An index in the place of another one, for as long as it is searched: the same but for its passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from genops.retrieval.search.freshness import Freshness
from genops.retrieval.search.index import Index

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors


@dataclass
class IndexBeside(Index):
    """An index of other passages, or of the same ones elsewhere.

    Attributes:
        base: The index itself, which embeds queries, and whose documents are fresh or not.
    """

    base: Index = field(kw_only=True)

    def _embedded(self, queries: Sequence[str]) -> Vectors:
        return self.base._embedded(queries)

    @cached_property
    def _freshness(self) -> Freshness:
        return self.base._freshness
