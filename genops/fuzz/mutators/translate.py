"""``translate``: the text in another language, by the attacker model."""

from __future__ import annotations

from random import Random

from genops.fuzz.mutator import Attacker, mutator
from genops.fuzz.rewriting import rewritten

_LANGUAGES = ("German", "French", "Spanish", "Polish", "Turkish", "Swahili", "Japanese", "Arabic", "Welsh", "Latin")


@mutator("translate", family="wording")
async def translate(text: str, rng: Random, attacker: Attacker, language: str = "") -> str:
    """The text in another language, as the attacker translates it (``genops/translate``).

    Its meaning counts as changed: only of a chain that is made for several languages can the same answer be expected.

    Args:
        text: Any.
        rng: Chooses the language where none is set.
        attacker: Who translates.
        language: The English name of the language; default chance.
    """
    return await rewritten(attacker, "genops/translate", text, rng, language=language or rng.choice(_LANGUAGES))
