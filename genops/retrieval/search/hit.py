"""What a search gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from genops.retrieval.document import MetadataValue


@dataclass(slots=True)
class Rank:
    """What one ranker said of a passage.

    Attributes:
        rank: From 1; None when it was not among the ranker's candidates.
        score: From 0 to 1; higher is better.
        raw: The ranker's own number: cosine similarity, BM25 score, the cross-encoder's logit.
    """

    rank: int | None
    score: float
    raw: float


@dataclass(slots=True)
class Hit:
    """A passage that was found.

    Attributes:
        chunk_id: The chunk's id.
        text: The passage, with its neighbours where they were asked for.
        uri: Where the document came from: a path in the project.
        start: First character of ``text`` in the document, from 0.
        end: One past the last.
        score: From 0 to 1, higher is better, whatever the ranker; see ``docs/retrieval.md``.
        rank: From 1.
        heading: The headings that it stands under, outermost first, joined by `` > ``.
        index: The index's name.
        snapshot: Digest of the snapshot that was searched.
        document: The document's id.
        document_hash: SHA-256 of the document's text.
        title: The document's.
        metadata: The document's.
        ranks: What each ranker said: ``dense``, ``bm25``, ``rerank``.
        page: Of a paged document, from 1.
        stale: Why the document no longer counts as fresh: ``expired``, ``changed`` or ``removed``; None when it does.
    """

    chunk_id: str
    text: str
    uri: str
    start: int
    end: int
    score: float
    rank: int
    heading: str
    index: str
    snapshot: str
    document: str
    document_hash: str
    title: str = ""
    metadata: dict[str, MetadataValue] = field(default_factory=dict)
    ranks: dict[str, Rank] = field(default_factory=dict)
    page: int | None = None
    stale: str | None = None
