"""``json_breaking``: quotes and braces that end a JSON string early, or never."""

from __future__ import annotations

from random import Random
from typing import Annotated

from pydantic import Field

from genops.fuzz.mutator import mutator

_FORMS = (
    '{text}"',
    '"{text}',
    "{text}\\",
    "{text}\\u12",
    '"}\n{text}',
    '"}]}\n{text}\n{"',
    '", "note": "{text}',
    '{"answer": "{text}"}',
    '{"answer": "{text}',
    '{"answer": {text}}',
    "{text}\n\t\u0000",
    "{'answer': '{text}',}",
    '{"answer": NaN, "note": "{text}"}',
)


@mutator("json_breaking", family="format")
def json_breaking(text: str, rng: Random, depth: Annotated[int, Field(ge=1, le=10_000)] = 40) -> str:
    """The text with quotes, braces and escapes that break a JSON value which it is put into without care.

    Args:
        text: Any.
        rng: Chooses which; now and then the text is nested deeply.
        depth: How deeply.
    """
    forms = (*_FORMS, f"{'[' * depth}{{text}}{']' * depth}", '{"a":' * depth + "{text}")
    return rng.choice(forms).replace("{text}", text)
