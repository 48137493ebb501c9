"""What is known of a language for search by words: its stemmer, its stop words, and whether it puts spaces."""

from __future__ import annotations

from dataclasses import dataclass

from genops.errors import DefinitionError, nearest
from genops.retrieval.lexical.stopwords import INDONESIAN

UNDETERMINED = "und"


@dataclass(frozen=True, slots=True)
class Language:
    """How texts of a language become tokens.

    Attributes:
        code: ISO 639-1, or ``und`` for one that is not said.
        stemmer: Name of a Snowball algorithm, or None for words as they are.
        stopwords: Words that are left out, or the name of bm25s's list of them.
        spaced: Whether there are spaces between words; where there are none, tokens are pairs of characters.
    """

    code: str
    stemmer: str | None = None
    stopwords: str | frozenset[str] = frozenset()
    spaced: bool = True


_STEMMERS = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian",
    "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "st": "sesotho", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

_STOPWORDS: dict[str, str | frozenset[str]] = {
    "da": "STOPWORDS_DANISH", "de": "STOPWORDS_GERMAN", "en": "STOPWORDS_EN", "es": "STOPWORDS_SPANISH",
    "fr": "STOPWORDS_FRENCH", "id": INDONESIAN, "it": "STOPWORDS_ITALIAN", "nb": "STOPWORDS_NORWEGIAN",
    "nl": "STOPWORDS_DUTCH", "nn": "STOPWORDS_NORWEGIAN", "no": "STOPWORDS_NORWEGIAN", "pt": "STOPWORDS_PORTUGUESE",
    "ru": "STOPWORDS_RUSSIAN", "sv": "STOPWORDS_SWEDISH", "tr": "STOPWORDS_TURKISH",
}  # fmt: skip

_UNSTEMMED = (
    "af", "am", "az", "be", "bg", "bn", "bs", "cy", "fil", "gl", "gu", "ha", "he", "hr", "is", "ka", "kk", "kn", "lv",
    "mk", "ml", "mn", "mr", "ms", "mt", "pa", "sk", "sl", "so", "sq", "sw", "te", "tl", "uk", "ur", "uz", "vi", "xh",
    "yo", "zu", UNDETERMINED,
)  # fmt: skip

_UNSPACED = ("zh", "ja", "ko", "th", "lo", "km", "my")

LANGUAGES = {
    **{code: Language(code) for code in _UNSTEMMED},
    **{code: Language(code, stemmer, _STOPWORDS.get(code, frozenset())) for code, stemmer in _STEMMERS.items()},
    **{code: Language(code, spaced=False) for code in _UNSPACED},
}


def language_of(tag: str) -> Language:
    """What is known of the language of a tag; a region or script in it (``pt-BR``) says nothing here.

    Raises:
        DefinitionError: No such language is known.
    """
    code = tag.replace("_", "-").split("-")[0].lower()
    if code not in LANGUAGES:
        raise DefinitionError(
            f"{tag!r} is not the code of a language that can be searched by words",
            hint=f"{nearest(code, LANGUAGES)} (ISO 639-1; {UNDETERMINED!r} for words as they are)",
        )
    return LANGUAGES[code]
