"""Which region of the embeddings an output lies in: what a search can take for new behaviour."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from genops.artifacts import Value, decode
from genops.errors import ReferenceNotFound
from genops.evals.scorer import as_text
from genops.fuzz.search import Regions
from genops.index_settings import IndexSettings
from genops.settings import Settings
from genops.store import Store
from genops.store.records.campaigns import TryRecord

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors

REGION = "region "
LONGEST = 10_000
"""Characters of an output that are embedded: its beginning."""


class RegionSpec(BaseModel):
    """How outputs are told apart by their embeddings.

    Attributes:
        distance: Cosine distance within which an output lies in the region of an earlier one.
        most: Regions at most; then every output lies in the nearest.
        embedder: Name of the embedder.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    distance: Annotated[float, Field(gt=0, lt=2)] = 0.3
    most: Annotated[int, Field(ge=1)] = 256
    embedder: str = IndexSettings.model_fields["embedder"].default

    def manifest(self, settings: Settings) -> dict[str, Any]:
        """All that regions follow from.

        Raises:
            UsageError: There is no such embedder.
        """
        from genops.retrieval import embedder_named

        return {**self.model_dump(), "embedder": embedder_named(settings, self.embedder).identity()}


@dataclass
class OutputRegions:
    """The regions of one search, in the order in which it learns of tries: the same order gives the same regions.

    Outputs are those that are stored, so that a search that is resumed finds the regions that it had.

    Args:
        settings: The project's; vectors are kept in its cache.
        store: Holds the runs.
        spec: How outputs are told apart.
    """

    settings: Settings
    store: Store
    spec: RegionSpec
    _regions: Regions = field(init=False)

    def __post_init__(self) -> None:
        self._regions = Regions(self.spec.distance, self.spec.most)

    async def told(self, tries: Sequence[TryRecord]) -> list[TryRecord]:
        """Tries with the feature of the region that each one's output lies in.

        Args:
            tries: In the order in which the search learns of them.

        Raises:
            GenopsError: The embedder fails.
        """
        found = await self.features(await asyncio.to_thread(self._outputs, tries))
        return [
            replace(made, features=sorted([*(one for one in made.features if not one.startswith(REGION)), feature]))
            for made, feature in zip(tries, found, strict=True)
        ]

    async def features(self, outputs: Sequence[Value]) -> list[str]:
        """The feature of each output's region; outputs without a word share one.

        Raises:
            GenopsError: The embedder fails.
        """
        texts = [as_text(output)[:LONGEST] for output in outputs]
        worded = [text for text in dict.fromkeys(texts) if any(map(str.isalnum, text))]
        vectors = dict(zip(worded, await asyncio.to_thread(self._vectors, worded), strict=True))
        return [self._regions.feature(vectors[text]) if text in vectors else f"{REGION}none" for text in texts]

    def _outputs(self, tries: Sequence[TryRecord]) -> list[Value]:
        """What the chain gave in each; nothing where it gave none, or its run is no longer stored."""
        self.store.writer.flush(10.0)
        return [self._output(made.run) if made.run else None for made in tries]

    def _output(self, run: str) -> Value:
        try:
            digest = self.store.run(run).output
        except ReferenceNotFound:
            return None
        data = self.store.payload(digest) if digest is not None else None
        return None if data is None else decode(data)

    def _vectors(self, texts: list[str]) -> Vectors:
        from genops.retrieval import VectorCache, embed_texts, embedder_named

        cache = VectorCache.of(self.settings)
        try:
            return embed_texts(embedder_named(self.settings, self.spec.embedder), texts, cache=cache)
        finally:
            cache.close()
