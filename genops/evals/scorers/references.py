"""Reference texts: what scorers of text compare with."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field


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
