"""The settings of retrieval: what an index is built from, cut, embedded and searched with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from genops.errors import InputError, nearest

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}

FieldType = Literal["str", "int", "float", "bool", "list"]
Chunker = Literal["auto", "markdown", "sentences", "tokens", "code"]
IndexKind = Literal["auto", "flat", "hnsw", "ivf_sq8", "ivf_pq"]
SearchMode = Literal["hybrid", "dense", "bm25"]
Fusion = Literal["scores", "rrf"]


def _seconds(value: Any) -> Any:
    """``"30d"`` as seconds; anything else as it is."""
    if isinstance(value, str) and (found := re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([smhdw])\s*", value)):
        return float(found[1]) * _UNITS[found[2]]
    return value


Duration = Annotated[float, BeforeValidator(_seconds), Field(gt=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordFields(_Strict):
    """Which fields of a record (a line of JSONL, a row of CSV or SQL) make a document.

    Attributes:
        id: The document's lasting name; by default file and position, which change when records move.
        text: One field or several, joined by blank lines. Required for records.
        title: A field that stands over the text as its heading.
        metadata: Fields that can be filtered by: names, or names with their types. Types are checked.
        modified: ISO 8601 or seconds since the epoch.
        ttl: How long a document counts as fresh after it was modified: seconds, or ``30d``, ``12h``.
    """

    id: str | None = None
    text: str | list[str] | None = None
    title: str | None = None
    metadata: list[str] | dict[str, FieldType] = Field(default_factory=list)
    modified: str | None = None
    ttl: Duration | None = None


class FileSource(RecordFields):
    """Files of the project.

    Attributes:
        path: A glob relative to the project.
        reader: Name of a registered reader; by the file's suffix when None.
        encoding: Of text files.
    """

    path: str
    reader: str | None = None
    encoding: str = "utf-8"


class SqlSource(RecordFields):
    """Rows of a database.

    Attributes:
        sql: A query.
        url: SQLAlchemy URL, without a password.
        url_env: *Name* of the environment variable that holds the URL.
    """

    sql: str
    url: str | None = None
    url_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")

    @model_validator(mode="after")
    def _one_url(self) -> Self:
        if (self.url is None) == (self.url_env is None):
            raise ValueError("give either url or url_env")
        return self


class EmbedderSettings(_Strict):
    """An embedding model under a name.

    Attributes:
        model: ``sentence-transformers/NAME`` of the hub, a folder (with a slash, relative to the project), or provider
            and model in litellm's notation (``openai/text-embedding-3-small``).
        revision: Of the hub; pins the weights.
        dimension: Numbers in a vector, where the model can shorten them or cannot be asked.
        window: Tokens that it reads, where the model cannot be asked.
        base_url: Where an OpenAI-compatible server listens, with its ``/v1``.
        api_key_env: *Name* of the environment variable that holds the key.
        query_prefix: Put before every query (``query: ``).
        passage_prefix: Put before every passage (``passage: ``).
        batch: Texts in one call.
        device: ``cpu``, ``cuda``, ``mps``, or ``auto``.
        languages: ISO 639-1 codes that the model is made for; empty for any.
    """

    model: str
    revision: str | None = None
    dimension: int | None = Field(default=None, ge=1)
    window: int | None = Field(default=None, ge=8)
    base_url: str | None = None
    api_key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    query_prefix: str = ""
    passage_prefix: str = ""
    batch: int = Field(default=64, ge=1)
    device: str = "cpu"
    languages: list[str] = Field(default_factory=list)


class SearchSettings(_Strict):
    """How an index is searched where a search does not say otherwise. A part of the snapshot's identity.

    Attributes:
        mode: ``dense`` by vectors, ``bm25`` by words, ``hybrid`` by both. An index whose own mode is ``dense`` has no
            words: it is built faster, and cannot be searched in another mode.
        fusion: Of hybrid: ``scores`` is a weighted mean of both scores, ``rrf`` is reciprocal rank fusion.
        dense_weight: Of the dense score in the mean; the words' score has the rest.
        candidates: Passages that each ranker hands on to fusion, diversity and reranking.
        k1: BM25's saturation of term frequency.
        b: BM25's normalisation by length.
        diversity: 0 for the best passages, up to 1 for the most different ones (maximal marginal relevance).
        rerank: A cross-encoder: a model of the hub, or a folder of the project (``./models/reranker``); None for none.
        rerank_revision: Of a model of the hub: the commit, 40 hexadecimal digits. A folder is pinned by its hashes.
        rerank_top: Passages that the cross-encoder reads; as many as hits are asked for, where these are more.
        threshold: Passages below this score are left out.
        neighbours: Passages before and after a hit that its text is widened by; hits whose texts overlap become one.
    """

    mode: SearchMode = "hybrid"
    fusion: Fusion = "scores"
    dense_weight: float = Field(default=0.6, ge=0, le=1)
    candidates: int = Field(default=200, ge=1)
    k1: float = Field(default=0.9, ge=0)
    b: float = Field(default=0.4, ge=0, le=1)
    diversity: float = Field(default=0.0, ge=0, le=1)
    rerank: str | None = None
    rerank_revision: str | None = None
    rerank_top: int = Field(default=50, ge=1)
    threshold: float | None = None
    neighbours: int = Field(default=0, ge=0)


def search_settings(defaults: SearchSettings, changes: Mapping[str, Any]) -> SearchSettings:
    """Search settings with some of them changed, as a search asks for.

    Raises:
        InputError: There is no such setting, or its value is not of its type.
    """
    if not changes:
        return defaults
    unknown = [str(name) for name in changes if name not in SearchSettings.model_fields]
    if unknown:
        raise InputError(
            f"search: there is no setting {unknown[0]!r}", hint=nearest(unknown[0], SearchSettings.model_fields)
        )
    try:
        return SearchSettings.model_validate({**defaults.model_dump(), **changes})
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"search: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


class IndexSettings(_Strict):
    """What an index is built from.

    Attributes:
        sources: Globs relative to the project, or tables that say more (:class:`FileSource`, :class:`SqlSource`);
            empty for an index whose documents come from Python alone.
        embedder: A registered embedder (``minilm``), one of ``[tool.genops.embedders]``, or a model folder.
        chunker: How documents are cut; ``auto`` follows each document's format.
        chunk_tokens: Size of a chunk in tokens of the embedder.
        overlap_tokens: Shared by neighbouring chunks; fewer than ``chunk_tokens``.
        kind: Of the vectors' index; ``auto`` goes by size.
        language: ISO 639-1 code: stemmer and stop words, and whether the embedder covers it.
        search: See :class:`SearchSettings`.
        backend: Where snapshots are searched: ``faiss`` on this machine, ``postgresql://USER@HOST/DATABASE``,
            ``qdrant+http://HOST:PORT``, ``qdrant+https://HOST:PORT`` or ``qdrant+path:FOLDER``; without a password.
        backend_env: *Name* of the environment variable that holds the URL, which may have a password.
    """

    sources: list[str | FileSource | SqlSource] = Field(default_factory=list)
    embedder: str = "minilm"
    chunker: Chunker = "auto"
    chunk_tokens: int = Field(default=200, ge=16)
    overlap_tokens: int = Field(default=40, ge=0)
    kind: IndexKind = "auto"
    language: str = "en"
    search: SearchSettings = Field(default_factory=SearchSettings)
    backend: str = "faiss"
    backend_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")

    @model_validator(mode="after")
    def _chunks_advance(self) -> Self:
        if self.overlap_tokens >= self.chunk_tokens:
            raise ValueError(f"overlap_tokens ({self.overlap_tokens}) must be below chunk_tokens ({self.chunk_tokens})")
        return self

    @model_validator(mode="after")
    def _one_backend(self) -> Self:
        if self.backend_env is not None and self.backend != "faiss":
            raise ValueError("give either backend or backend_env")
        return self
