"""From a text to the tokens that it is found by: normalised, lower-cased, without stop words, stemmed."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable
from functools import cache
from hashlib import sha256

import regex

from genops.artifacts import Json
from genops.errors import InputError
from genops.retrieval.lexical.languages import Language, language_of

ANALYZER_VERSION = 1
_KEPT_STEMS = 1_000_000

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai and Lao, Burmese, Khmer
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"  # Hangul
    "\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff"  # kana, Bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_RUNS = re.compile(f"([{_UNSPACED}]+)|[^\\W{_UNSPACED}]{{2,}}")
# `re` takes vowel signs for the end of a word, `regex` does not; `re` is faster where there are none.
_WORDS = re.compile(r"\w{2,}").findall
_WORDS_WITH_MARKS = regex.compile(r"\w{2,}").findall
_MARKED = frozenset({"bn", "gu", "hi", "kn", "ml", "mr", "ne", "pa", "ta", "te"})


class Analyzer:
    """Turns texts of one language into tokens; the same for passages and queries. Safe to use from several threads.

    Text is put into Unicode's NFKC form and lower case. Words are runs of two or more letters, digits and
    underscores (bm25s's pattern); in languages without spaces, pairs of neighbouring characters. Stop words go, and
    the rest is stemmed by Snowball's algorithm where there is one.

    Attributes:
        language: See :class:`Language`.
    """

    def __init__(self, language: Language) -> None:
        self.language = language
        self._stopwords = _stopwords(language)
        self._stems = _Stems(language.stemmer, self._stopwords)
        self._split: Callable[[str], list[str]] = _split_unspaced
        if language.spaced:
            self._split = _WORDS_WITH_MARKS if language.code in _MARKED else _WORDS

    @staticmethod
    @cache
    def of(tag: str) -> Analyzer:
        """The analyzer of a language, one instance a process.

        Args:
            tag: ISO 639-1 code; a region (``pt-BR``) is allowed and not looked at.

        Raises:
            DefinitionError: The language is not known.
        """
        return Analyzer(language_of(tag))

    def tokens(self, text: str) -> list[str]:
        """The tokens of a text, in its order, repeated as they are there."""
        stems = self._stems
        return [stem for word in self.words(text) if (stem := stems[word])]

    def words(self, text: str) -> list[str]:
        """The words of a text as they stand there, stop words among them."""
        return self._split(unicodedata.normalize("NFKC", text).lower())

    def token_of(self, word: str) -> str:
        """The token of a word; empty for a stop word."""
        return self._stems[word]

    def identity(self) -> Json:
        """What decides its tokens: a part of an index's digest."""
        identity: dict[str, Json] = {"version": ANALYZER_VERSION, "language": self.language.code}
        if self.language.stemmer:
            import Stemmer

            identity["stemmer"] = f"snowball {Stemmer.version()} {self.language.stemmer}"
        if self._stopwords:
            identity["stopwords"] = sha256(" ".join(sorted(self._stopwords)).encode()).hexdigest()
        return identity


def query_tokens(query: str, analyzer: Analyzer | None) -> list[str]:
    """The tokens of a query to an index.

    Args:
        query: What is searched for.
        analyzer: The index's; None for one of vectors alone.

    Raises:
        InputError: It has no words.
    """
    if analyzer is None:
        raise InputError(
            "this index was built for vectors alone, and cannot be searched by words",
            hint='set `mode = "hybrid"` in the index\'s `search` and build it again',
        )
    return analyzer.tokens(query)


class _Stems(dict[str, str]):
    """Stems by word, made when first asked for; empty for a stop word. Forgotten when there are too many."""

    def __init__(self, algorithm: str | None, stopwords: frozenset[str]) -> None:
        super().__init__()
        self._stopwords = stopwords
        self._stemming = threading.Lock()  # a Snowball stemmer keeps state while it works
        self._stem: Callable[[str], str] = str
        if algorithm:
            import Stemmer

            self._stem = Stemmer.Stemmer(algorithm).stemWord

    def __missing__(self, word: str) -> str:
        if len(self) >= _KEPT_STEMS:
            self.clear()
        with self._stemming:
            stem = self[word] = "" if word in self._stopwords else self._stem(word)
        return stem


def _stopwords(language: Language) -> frozenset[str]:
    if isinstance(language.stopwords, frozenset):
        return language.stopwords
    from bm25s import stopwords

    return frozenset(getattr(stopwords, language.stopwords))


def _split_unspaced(text: str) -> list[str]:
    """Pairs of neighbouring characters of a script without spaces (a lone one as it is); words of other scripts."""
    tokens = []
    for found in _RUNS.finditer(text):
        run = found[1]
        if run is None:
            tokens.append(found[0])
        elif len(run) == 1:
            tokens.append(run)
        else:
            tokens += [run[at : at + 2] for at in range(len(run) - 1)]
    return tokens
