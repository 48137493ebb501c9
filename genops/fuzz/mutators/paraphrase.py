"""``paraphrase``: the text in other words, by the attacker model."""

from __future__ import annotations

from random import Random

from genops.fuzz.mutator import Attacker, mutator
from genops.fuzz.rewriting import rewritten

_STYLES = (
    "plain everyday words",
    "formal and polite",
    "short and dry",
    "chatty, as among friends",
    "roundabout, with the main point last",
    "like a note written in a hurry",
)


@mutator("paraphrase", family="wording", keeps_meaning=True)
async def paraphrase(text: str, rng: Random, attacker: Attacker, style: str = "") -> str:
    """The text in other words, as the attacker puts it (``genops/paraphrase``); names, numbers and quotes stay.

    Args:
        text: Any.
        rng: Chooses the style where none is set.
        attacker: Who rewrites.
        style: How it is to sound; default chance.
    """
    return await rewritten(attacker, "genops/paraphrase", text, rng, style=style or rng.choice(_STYLES))
