"""``normal_form``: characters that only a normal form takes for the text's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import Literal, TypeAlias
from unicodedata import ucd_3_2_0 as unicode_data

from genops.fuzz.mutator import mutator

Form: TypeAlias = Literal["NFC", "NFD", "NFKC", "NFKD"]

_UNLIKE = ("<super>", "<sub>", "<vertical>")
_LAST = 0x1D7FF


@mutator("normal_form", family="unicode", keeps_meaning=True)
def normal_form(text: str, rng: Random, form: Form = "NFKC", share: float = 0.3) -> str:
    """The text in characters that a normal form turns into it: other code points and styles, accents apart.

    Args:
        text: Any.
        rng: Chooses which, and by what.
        form: The normal form that takes the result for the text (Unicode Standard Annex 15). The canonical ones know
            few doubles of ASCII, so they change little else than accented text.
        share: Of the characters that have such a double.
    """
    doubles = _doubles(form)
    return "".join(rng.choice(doubles[char]) if char in doubles and rng.random() < share else char for char in text)


@cache
def _doubles(form: Form) -> Mapping[str, Sequence[str]]:
    """What a form turns into each character and reads the same; by one old edition of Unicode on every machine."""
    doubles: dict[str, list[str]] = defaultdict(list)
    for char in map(chr, range(0x80, _LAST + 1)):
        decomposed = unicode_data.decomposition(char)
        if not decomposed or decomposed.startswith(_UNLIKE):
            continue
        normal = unicode_data.normalize(form, char)
        if normal != char and len(normal) == 1:
            doubles[normal].append(char)
        apart = unicode_data.normalize("NFD", char)
        if apart != char:
            doubles[char].append(apart)
    return dict(doubles)
