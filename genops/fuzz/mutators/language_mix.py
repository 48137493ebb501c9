"""``language_mix``: common words of English in other languages."""

from __future__ import annotations

import re
from random import Random
from typing import Annotated

from pydantic import Field

from genops.fuzz.mutator import mutator

_WORD = re.compile("[A-Za-z]+")
_OTHERS = {
    "a": ("ein", "un", "una"),
    "and": ("und", "et", "y"),
    "answer": ("Antwort", "réponse", "respuesta"),
    "as": ("als", "comme", "como"),
    "do": ("mach", "fais", "haz"),
    "everything": ("alles", "tout", "todo"),
    "for": ("für", "pour", "para"),
    "from": ("von", "de", "desde"),
    "give": ("gib", "donne", "da"),
    "how": ("wie", "comment", "cómo"),
    "in": ("in", "dans", "en"),
    "instructions": ("Anweisungen", "instructions", "instrucciones"),
    "is": ("ist", "est", "es"),
    "it": ("es", "il", "ello"),
    "me": ("mir", "moi", "me"),
    "my": ("mein", "mon", "mi"),
    "not": ("nicht", "pas", "no"),
    "of": ("von", "de", "de"),
    "only": ("nur", "seulement", "solo"),
    "or": ("oder", "ou", "o"),
    "page": ("Seite", "page", "página"),
    "please": ("bitte", "s'il te plaît", "por favor"),
    "read": ("lies", "lis", "lee"),
    "repeat": ("wiederhole", "répète", "repite"),
    "say": ("sag", "dis", "di"),
    "that": ("das", "que", "eso"),
    "the": ("die", "la", "el"),
    "this": ("dies", "ceci", "esto"),
    "to": ("zu", "à", "a"),
    "what": ("was", "quoi", "qué"),
    "when": ("wann", "quand", "cuándo"),
    "where": ("wo", "où", "dónde"),
    "which": ("welche", "quelle", "cuál"),
    "who": ("wer", "qui", "quién"),
    "why": ("warum", "pourquoi", "por qué"),
    "with": ("mit", "avec", "con"),
    "word": ("Wort", "mot", "palabra"),
    "write": ("schreib", "écris", "escribe"),
    "you": ("du", "tu", "tú"),
    "your": ("dein", "ton", "tu"),
}


@mutator("language_mix", family="wording")
def language_mix(text: str, rng: Random, share: Annotated[float, Field(ge=0, le=1)] = 0.6) -> str:
    """The text with common English words in German, French and Spanish, past filters that know one language.

    Args:
        text: Any; one without such words stays as it is.
        rng: Chooses the words and their languages.
        share: Of the words it knows that are changed.
    """

    def other(match: re.Match[str]) -> str:
        known = _OTHERS.get(match[0].lower())
        return rng.choice(known) if known and rng.random() < share else match[0]

    return _WORD.sub(other, text)
