"""``irrelevant_passage``: a passage that has nothing to do with the question among a search's hits."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING

from genops.fuzz.filler import SENTENCES
from genops.fuzz.robustness.relation import Found, PassageRelation, relation

if TYPE_CHECKING:
    from genops.retrieval.search import Hit

_WORD = re.compile(r"\w{4,}")
_LONGEST = 3


@relation("irrelevant_passage")
class IrrelevantPassage(PassageRelation):
    """A passage about something else is added."""

    def rearrange(self, found: Found, rng: Random) -> list[Hit]:
        """The hits after the change.

        Args:
            found: By a search.
            rng: Chooses what it says and where it stands. It shares no word of four letters or more with the query.
        """
        asked = set(_WORD.findall(found.query.lower()))
        about_else = [sentence for sentence in SENTENCES if not asked & set(_WORD.findall(sentence.lower()))]
        hits = list(found.hits)
        if about_else:
            text = " ".join(rng.sample(about_else, min(_LONGEST, len(about_else))))
            hits.insert(rng.randrange(len(hits) + 1), found.passage(text))
        return hits
