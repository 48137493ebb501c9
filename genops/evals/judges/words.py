"""Labels as words: what they are labels of, which of them mean the same, and what they are worth as numbers."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["pair", "word", "number"]
FIRST = frozenset({"1", "a", "first"})
SECOND = frozenset({"2", "b", "second"})
TIE = frozenset({"0", "tie", "equal", "both", "0.5"})
_GOOD = frozenset({"1", "true", "yes", "pass", "good", "correct"})
_BAD = frozenset({"0", "false", "no", "fail", "bad", "incorrect"})
_PLACES = frozenset({"1", "2", "first", "second"})


def kind_of(human: Collection[str], said: Collection[str]) -> Kind:
    """What labels are, by their words: the better one of a pair, numbers, or words; 0 and 1 alone are words.

    Args:
        human: Of people.
        said: Of judges.
    """
    words = {*human, *said}
    told = {word for word in words if number_of(word) is None}
    if told and words <= FIRST | SECOND | TIE - {"0", "0.5"} and words & _PLACES:
        return "pair"
    numbers = {word for word in words if number_of(word) is not None}
    scale = all(number_of(word) is not None for word in human or said) and not numbers <= {"0", "1"}
    return "number" if scale else "word"


def value_of(label: str, kind: Kind) -> float | None:
    """A label as a number whose mean says something; None for a word that has none.

    Of a pair: 1 for the first, 0 for the second, 0.5 for a tie. Of words: 1 for ``yes``, ``pass`` and the like, 0 for
    their opposites.
    """
    word = label.lower()
    if kind == "number":
        return number_of(word)
    good, bad = (FIRST, SECOND) if kind == "pair" else (_GOOD, _BAD)
    if word in good:
        return 1.0
    return 0.0 if word in bad else 0.5 if kind == "pair" and word in TIE else None


def as_people_say(word: str | None, human: Collection[str], kind: Kind) -> str | None:
    """A judge's word in the words of people: ``second`` where they say ``2``, ``pass`` where they say ``yes``.

    Args:
        word: Of the judge; None for no verdict.
        human: All words of people.
        kind: Of the labels. Among numbers a word that is none is no verdict.
    """
    if word is None or word in human:
        return word
    value = value_of(word, kind)
    if kind == "number":
        return None if value is None else word
    same = [label for label in human if value is not None and value_of(label, kind) == value]
    return same[0] if len(same) == 1 else word


def number_of(word: str) -> float | None:
    """The number that a word is; None for a word that is none, or no finite one."""
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
