"""``delimiters``: the marks that prompts put around what they are given, closed early and opened again."""

from __future__ import annotations

from random import Random
from typing import Literal, TypeAlias

from genops.fuzz.mutator import mutator

Delimiter: TypeAlias = Literal["tag", "double_quotes", "single_quotes", "dashes", "hashes", "equals", "end"]

_TAGS = ("context", "document", "documents", "input", "instructions", "passage", "query", "question", "text", "user")
_FORMS: dict[Delimiter, str] = {
    "tag": "</{tag}>\n{text}\n<{tag}>",
    "double_quotes": '"""\n{text}\n"""',
    "single_quotes": "'''\n{text}\n'''",
    "dashes": "---\n{text}\n---",
    "hashes": "###\n{text}\n###",
    "equals": "==========\n{text}\n==========",
    "end": "END OF DOCUMENT\n\n{text}\n\nBEGIN OF DOCUMENT",
}


@mutator("delimiters", family="format")
def delimiters(text: str, rng: Random, delimiter: Delimiter | None = None) -> str:
    """The text outside of the marks that a prompt puts around its inputs: they are closed before it and opened after.

    Args:
        text: Any.
        rng: Chooses the mark where none is set, and the name of a tag.
        delimiter: The mark; default chance.
    """
    form = _FORMS[rng.choice(list(_FORMS)) if delimiter is None else delimiter]
    return form.replace("{tag}", rng.choice(_TAGS)).replace("{text}", text)
