"""Documents: what an index is built from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal, NamedTuple, Self, TypeAlias

import orjson

from genops.artifacts.canonical import canonical_bytes
from genops.errors import InputError

Scalar: TypeAlias = "str | int | float | bool"
MetadataValue: TypeAlias = "Scalar | list[str]"
Format = Literal["text", "markdown", "code"]

_TEXTS = ("id", "uri", "text", "language", "title")
_FORMATS = ("text", "markdown", "code")
_FILTER_WORDS = frozenset({"and", "or", "not", "in"})
_ALIKE = frozenset({str, int, bool, list})
"""Types of values that every writer of JSON writes alike; floats are not."""
_INTEGERS = range(-(2**53) + 1, 2**53)
"""Integers that every JSON reader and every column of numbers holds exactly."""


class _Fields(NamedTuple):  # and not a frozen dataclass, which sets field by field: there are very many documents
    id: str
    uri: str
    text: str
    format: Format
    language: str
    title: str
    metadata: dict[str, MetadataValue]
    modified: int | None
    ttl: float | None
    pages: Sequence[int]
    left_out: tuple[str, ...]
    hash: str
    digest: str


class Document(_Fields):
    r"""A text that can be searched. One that exists is valid: everything is checked when it is made.

    Attributes:
        id: Its lasting name, unique in the index. For a file its uri, for a record of a file ``uri#id``.
        uri: Where it came from: a path relative to the project with forward slashes on every platform, or any other
            address.
        text: What spans count in, in characters. Readers give it line ends as ``\n`` and no byte order mark.
        format: What structure the text has.
        language: Of code (``python``); else empty.
        title: Stands over the text as its outermost heading.
        metadata: Typed values that can be shown and filtered by. Keys are identifiers.
        modified: Nanoseconds since the epoch.
        ttl: Seconds after ``modified`` for which it counts as fresh.
        pages: Character offset at which each page begins, where there are pages.
        left_out: Names of what its source says of it and metadata cannot hold. A build warns of them.
        hash: SHA-256 of the text in UTF-8.
        digest: SHA-256 of the canonical JSON of all that an index shows or filters by: all of it but ``id``,
            ``modified`` (a time is when, and not what) and ``left_out``.

    Raises:
        InputError: The text holds NUL or a lone surrogate, or another value is not what it should be.
    """

    __slots__ = ()

    def __new__(
        cls,
        id: str,
        uri: str,
        text: str,
        format: Format = "text",
        language: str = "",
        title: str = "",
        metadata: dict[str, MetadataValue] | None = None,
        modified: int | None = None,
        ttl: float | None = None,
        pages: Sequence[int] = (),
        left_out: tuple[str, ...] = (),
    ) -> Self:
        """See the class."""
        about = {} if metadata is None else metadata
        problem = (
            _texts_problem((id, uri, text, language, title))
            or _values_problem(format, modified, ttl)
            or (_pages_problem(pages, len(text)) if pages != () else None)
            or _metadata_problem(about)
        )
        if problem is not None:
            raise InputError(f"document {id!r}: {problem}")
        hashed = sha256(text.encode()).hexdigest()
        body = {
            "uri": uri,
            "hash": hashed,
            "format": format,
            "language": language,
            "title": title,
            "metadata": about,
            "ttl": ttl,
            "pages": pages,
        }
        digest = sha256(_canonical(body)).hexdigest()
        fields = (id, uri, text, format, language, title, about, modified, ttl, pages, left_out, hashed, digest)
        return tuple.__new__(cls, fields)

    @classmethod
    def _make(cls, iterable: Iterable[Any]) -> Self:  # type: ignore[override]
        """Of all fields, as ``_replace`` has them: checked and hashed like any other."""
        return cls(*tuple(iterable)[:_GIVEN])

    def __getnewargs__(self) -> tuple[Any, ...]:
        """What a copy is made of."""
        return tuple(self)[:_GIVEN]


_GIVEN = _Fields._fields.index("hash")


def _canonical(body: dict[str, Any]) -> bytes:
    """The canonical JSON of a valid document's body; by orjson, many times as fast, where it writes the same bytes."""
    metadata = body["metadata"]
    plain = type(metadata) is dict and body["ttl"] is None and _ALIKE.issuperset(map(type, metadata.values()))
    if plain and "".join(metadata).isascii():
        try:
            return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        except TypeError:  # of a key or a number of pages of a type of its own
            pass
    return canonical_bytes(body)


def _texts_problem(texts: Sequence[Any]) -> str | None:
    """What is wrong with what ``_TEXTS`` names; one look at all together costs least."""
    try:
        together = "".join(texts)
        if texts[0] and "\0" not in together and (together.isascii() or together.encode()):
            return None
    except (TypeError, UnicodeEncodeError):
        pass
    problems = zip(_TEXTS, map(_text_problem, texts), strict=True)
    return next((f"its {name} {problem}" for name, problem in problems if problem is not None), "its id is empty")


def _values_problem(format: Any, modified: Any, ttl: Any) -> str | None:
    if format not in _FORMATS:
        return f"its format is {format!r}, not one of {', '.join(_FORMATS)}"
    if modified is not None and not _is_integer(modified):
        return f"modified is {modified!r}, not nanoseconds since the epoch"
    if ttl is not None and not (_is_finite(ttl) and ttl > 0):
        return f"ttl is {ttl!r}, not a number of seconds above 0"
    return None


def _pages_problem(pages: Any, characters: int) -> str | None:
    if not isinstance(pages, (list, tuple)) or not all(map(_is_integer, pages)):
        return "its pages are not a list of character offsets"
    if pages and (list(pages) != sorted(pages) or pages[0] < 0 or pages[-1] > characters):
        return "its pages do not follow each other in the text"
    return None


def _metadata_problem(metadata: Any) -> str | None:
    if not isinstance(metadata, Mapping):
        return f"its metadata is {_named(metadata)}, not a mapping"
    for key, value in metadata.items():
        problem = key_problem(key) or value_problem(value)
        if problem is not None:
            return f"metadata {key!r} {problem}"
    return None


@lru_cache(maxsize=1_024)
def key_problem(key: Any) -> str | None:
    """Why something cannot name a piece of metadata, or None when it can."""
    if not isinstance(key, str) or not key.isidentifier():
        return "is not an identifier (letters, digits and _)"
    return "is a word of the filter language" if key in _FILTER_WORDS else None


def value_problem(value: Any) -> str | None:
    """Why something cannot be a piece of metadata, or None when it can."""
    if isinstance(value, str):
        return _text_problem(value)
    if isinstance(value, int):  # true and false among them
        return None if value in _INTEGERS else f"is {value}, beyond 2**53; give it as text"
    if isinstance(value, float):
        return None if math.isfinite(value) else f"is {value}, which is no number"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return next((problem for problem in map(_text_problem, value) if problem is not None), None)
    if isinstance(value, list):
        return "is a list of something else than text"
    return f"is {_named(value)}, not text, a number, true or false, or a list of texts"


def _text_problem(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"is {_named(value)}, not text"
    if "\0" in value:
        return "holds a NUL character"
    if value.isascii():
        return None
    try:
        value.encode()
    except UnicodeEncodeError as error:
        return f"holds a lone surrogate (character {error.start})"
    return None


def _named(value: Any) -> str:
    return "missing" if value is None else f"of type {type(value).__name__}"


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
