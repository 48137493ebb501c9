"""``duplicated_passage``: one of a search's hits twice."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from genops.fuzz.robustness.relation import Found, PassageRelation, relation

if TYPE_CHECKING:
    from genops.retrieval.search import Hit


@relation("duplicated_passage")
class DuplicatedPassage(PassageRelation):
    """One passage stands there twice."""

    def rearrange(self, found: Found, rng: Random) -> list[Hit]:
        """The hits after the change.

        Args:
            found: By a search.
            rng: Chooses which, and where its double stands.
        """
        hits = list(found.hits)
        if hits:
            hits.insert(rng.randrange(len(hits) + 1), rng.choice(hits))
        return hits
