"""Which retrieved passages are among those that should be found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from genops.artifacts import Value
from genops.evals.sample import ScoringContext
from genops.evals.score import Unscored


class Place(BaseModel):
    """Where a passage that should be found is; a hit or a citation is such a place as it stands.

    Attributes:
        uri: The document's.
        document: The document's id.
        chunk_id: The chunk's id, which alone is enough.
        start: First character of the span in the document; None for the whole document.
        end: One past the last.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    uri: str | None = None
    document: str | None = None
    chunk_id: str | None = None
    start: int | None = None
    end: int | None = None

    @model_validator(mode="after")
    def _whole(self) -> Place:
        if self.uri is None and self.document is None and self.chunk_id is None:
            raise ValueError("a place has a `uri`, a `document` or a `chunk_id`")
        if (self.start is None) != (self.end is None):
            raise ValueError("a span has a `start` and an `end`")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError(f"a span ends behind its start, not at {self.end} after {self.start}")
        return self

    def matches(self, hit: Mapping[str, Any]) -> bool:
        """Whether a hit is of the same chunk, or of the same document with spans that half overlap."""
        if self.chunk_id is not None and (self.chunk_id == hit.get("chunk_id") or self.start is None):
            return self.chunk_id == hit.get("chunk_id")
        if (self.document is None or self.document != hit.get("document")) and (
            self.uri is None or self.uri != hit.get("uri")
        ):
            return False
        if self.start is None or self.end is None:
            return True
        shorter = min(self.end - self.start, hit["end"] - hit["start"])
        shared = min(self.end, hit["end"]) - max(self.start, hit["start"])
        return bool(shared > 0 and 2 * shared >= shorter)

    def __str__(self) -> str:
        name = self.uri or self.document or self.chunk_id or ""
        return name if self.start is None else f"{name}:{self.start}-{self.end}"


Relevant: TypeAlias = list[
    Annotated[
        Annotated[str, Tag("id")] | Annotated[Place, Tag("place")],
        Discriminator(lambda value: "id" if isinstance(value, str) else "place"),
    ]
]
"""What should be found: ids of chunks or documents, URIs, or places with spans."""

Depth: TypeAlias = Annotated[int, Field(ge=1)] | None
"""How many passages from the first are looked at; None for all."""


def matches(wanted: str | Place, hit: Mapping[str, Any]) -> bool:
    """Whether a hit is what should be found."""
    if isinstance(wanted, Place):
        return wanted.matches(hit)
    return wanted in (hit.get("chunk_id"), hit.get("document"), hit.get("uri"))


async def searched(context: ScoringContext, relevant: Relevant, k: Depth = None) -> list[dict[str, Value]]:
    """The first passages that the run retrieved.

    Raises:
        Unscored: It searched nothing, or nothing is relevant.
    """
    if not relevant:
        raise Unscored("nothing is relevant to this case", hint="list what should be found, or leave it out by `when`")
    hits = await context.retrieved()
    if not hits and not any(span.kind == "retrieve" for span in (await context.trace()).spans):
        raise Unscored("the run searched no index", hint="this needs a chain that retrieves")
    return hits[:k]
