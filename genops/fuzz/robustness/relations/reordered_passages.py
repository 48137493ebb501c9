"""``reordered_passages``: the hits of a search in another order."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from genops.fuzz.robustness.relation import Found, PassageRelation, relation

if TYPE_CHECKING:
    from genops.retrieval.search import Hit


@relation("reordered_passages")
class ReorderedPassages(PassageRelation):
    """The passages in another order."""

    def rearrange(self, found: Found, rng: Random) -> list[Hit]:
        """The hits after the change.

        Args:
            found: By a search.
            rng: Chooses the order: any but the one that they are in.
        """
        hits = list(found.hits)
        if all(hit == hits[0] for hit in hits):
            return hits
        while hits == list(found.hits):
            rng.shuffle(hits)
        return hits
