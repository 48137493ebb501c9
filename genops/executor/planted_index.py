"""An open index with texts in it that its snapshot has not: before all that is found, or indexed beside the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from genops.errors import InputError
from genops.executor import index_around
from genops.executor.index_around import IndexAround

if TYPE_CHECKING:
    from genops.retrieval import Index
    from genops.retrieval.search.hit import Hit

Texts = Callable[[], tuple[str, ...]]
_PLANTED = "planted"
_KEPT = 8
"""Copies of an index that are kept, each with documents of its own: a run that searches twice makes one."""


class PlantedIndex(IndexAround):
    """An open index that finds some texts too.

    Args:
        index: Open; it stays as it is.
        passages: Texts that every search finds first.
        documents: Texts that stand in a copy of it, each as a document of its own: a search finds them where they fit.
    """

    def __init__(self, index: Index, passages: Texts, documents: Texts) -> None:
        super().__init__(index)
        self._passages = passages
        self._documents = documents
        self._copies = lru_cache(_KEPT)(self._copy)

    async def asearch(self, query: Any, k: int, **options: Any) -> list[Hit]:
        """As :meth:`genops.retrieval.Index.asearch`."""
        documents = self._documents()
        index = await asyncio.to_thread(self._copies, documents) if documents else self.index
        found = await index.asearch(query, k, **options)
        first = [self.hit(_PLANTED, text, 1.0) for text in self._passages()]
        hits = [*first, *found][: max(k, len(first))]
        return [replace(hit, rank=rank) for rank, hit in enumerate(hits, start=1)]

    def _copy(self, texts: tuple[str, ...]) -> Index:
        """The index with documents of these texts; one that no index takes (NUL, a lone surrogate, no word) is not."""
        from genops.retrieval import Document
        from genops.retrieval.search.extended import extended

        index = self.index
        for text in filter(str.strip, dict.fromkeys(texts)):
            name = document_of(text)
            try:
                index = extended(index, [Document(name, f"{name}.md", text)])
            except InputError:
                continue
        return index


def document_of(text: str) -> str:
    """The id of the document that a planted text is in."""
    return index_around.document_of(_PLANTED, text)
