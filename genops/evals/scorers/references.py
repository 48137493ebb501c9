"""Reference texts: what scorers of text compare with."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from genops.evals.score import Unscored


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        raise ValueError('a mapping is no text: name its part, as in `expected: "{{ expected.answer }}"`')
    return [_text(item) for item in (value if isinstance(value, list) else [value])]


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Texts: TypeAlias = Annotated[str | Annotated[list[str], Field(min_length=1)], BeforeValidator(_texts)]
"""One text or several. A number stands for itself as text."""


def listed(texts: str | list[str]) -> list[str]:
    """One text or several as a list."""
    return [texts] if isinstance(texts, str) else texts


def pieces(texts: str | list[str]) -> list[str]:
    """The texts that an output is searched for.

    Raises:
        Unscored: One is empty, which stands in every output.
    """
    wanted = listed(texts)
    if "" in wanted:
        raise Unscored("the expected text is empty, and every output has that", hint="give the case an `expected` text")
    return wanted


def with_words(texts: str | list[str]) -> list[str]:
    """The references that hold a letter or digit: overlap with the others says nothing.

    Raises:
        Unscored: None does.
    """
    worded = [text for text in listed(texts) if any(map(str.isalnum, text))]
    if not worded:
        raise Unscored("what is expected has no words", hint="give the case an `expected` text to compare with")
    return worded
