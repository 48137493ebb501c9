"""``language``: which language a text is in."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from genops.drift.descriptor import descriptor

_READ = 5_000
_LEAST_BYTES = 12
_LEAST_CONFIDENCE = 0.2
_NO_LANGUAGE = "zxx"


@descriptor("language", of="category", unit="language")
def language(text: str) -> str | None:
    """The language as its ISO 639 code, by py3langid: one of 139, from the first 5,000 characters.

    M. Lui and T. Baldwin, langid.py: an off-the-shelf language identification tool, ACL 2012. It does not apply to
    texts of less than 12 bytes of letters, to what is no language, nor where it is less than 20% sure: code, names,
    mixtures.
    """
    return _told(text[:_READ])


@lru_cache(maxsize=20_000)
def _told(text: str) -> str | None:
    letters = sum(len(character.encode("utf-8", "replace")) for character in text if character.isalpha())
    if letters < _LEAST_BYTES:
        return None
    name, confidence = _identifier().classify(text)
    return str(name) if confidence >= _LEAST_CONFIDENCE and name != _NO_LANGUAGE else None


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
