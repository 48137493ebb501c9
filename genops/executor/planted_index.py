"""An open index with texts in it that its snapshot has not: before all that is found, or indexed beside the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from genops.artifacts import encode
from genops.errors import InputError

if TYPE_CHECKING:
    from genops.retrieval import Index
    from genops.retrieval.search.hit import Hit

Texts = Callable[[], tuple[str, ...]]
_KEPT = 8
"""Copies of an index that are kept, each with documents of its own: a run that searches twice makes one."""


class PlantedIndex:
    """An open index that finds some texts too.

    Args:
        index: Open; it stays as it is.
        passages: Texts that every search finds first.
        documents: Texts that stand in a copy of it, each as a document of its own: a search finds them where they fit.
    """

    def __init__(self, index: Index, passages: Texts, documents: Texts) -> None:
        self._index = index
        self._passages = passages
        self._documents = documents
        self._copies = lru_cache(_KEPT)(self._copy)

    @property
    def snapshot(self) -> str:
        """The digest of the snapshot without them."""
        return self._index.snapshot

    @property
    def settings(self) -> Any:
        """How it is searched where a search does not say otherwise."""
        return self._index.settings

    async def asearch(self, query: Any, k: int, **options: Any) -> list[Hit]:
        """As :meth:`genops.retrieval.Index.asearch`."""
        documents = self._documents()
        index = await asyncio.to_thread(self._copies, documents) if documents else self._index
        found = await index.asearch(query, k, **options)
        first = [_hit(self._index, text) for text in self._passages()]
        hits = [*first, *found][: max(k, len(first))]
        return [replace(hit, rank=rank) for rank, hit in enumerate(hits, start=1)]

    def _copy(self, texts: tuple[str, ...]) -> Index:
        """The index with documents of these texts; one that no index takes (NUL, a lone surrogate, no word) is not."""
        from genops.retrieval import Document
        from genops.retrieval.search.extended import extended

        index = self._index
        for text in filter(str.strip, dict.fromkeys(texts)):
            name = document_of(text)
            try:
                index = extended(index, [Document(name, f"{name}.md", text)])
            except InputError:
                continue
        return index


def document_of(text: str) -> str:
    """The id of the document that a planted text is in."""
    return f"planted-{encode(['planted', text]).digest[:12]}"


def _hit(index: Index, text: str) -> Hit:
    from genops.retrieval.search.hit import Hit

    document, digest = document_of(text), encode(["planted", text]).digest
    return Hit(
        chunk_id=digest[:32],
        text=text,
        uri=f"{document}.md",
        start=0,
        end=len(text),
        score=1.0,
        rank=1,
        heading="",
        index=index.name,
        snapshot=index.snapshot,
        document=document,
        document_hash=digest,
    )
