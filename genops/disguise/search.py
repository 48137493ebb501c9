"""Searching an output for texts that may be disguised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from genops.disguise.decoding import Reading, readings
from genops.disguise.folding import LEET, LEET_SIGNS, fold

SHORTEST = 6
"""Letters and digits: fewer are found by chance."""

How = Literal["", "exact", "normalised", "decoded", "partial"]


@dataclass(frozen=True, slots=True)
class Found:
    """How a text stands in an output.

    Attributes:
        how: As it is, folded, in another code, most of it, or not at all.
        share: Of its letters and digits that stand there in order, close together, 0 to 1.
        codes: Those that it stands in.
        text: What was read where it was found.
    """

    how: How
    share: float
    codes: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Folded:
    """A reading of the output.

    Attributes:
        reading: What it says in which codes.
        letters: Its letters and digits.
        signs: These and the signs of leet.
        leet: The signs as letters, one for one.
    """

    reading: Reading
    letters: str
    signs: str
    leet: str

    @classmethod
    def of(cls, reading: Reading) -> _Folded:
        signs = fold(reading.text, LEET_SIGNS)
        return cls(reading, fold(reading.text), signs, signs.translate(LEET))

    def holds(self, wanted: str) -> Found | None:
        """How all of a folded text stands in it; None where it does not."""
        codes, text = self.reading.codes, self.reading.text
        if wanted in self.letters:
            return Found("decoded" if codes else "normalised", 1.0, codes, text)
        return Found("decoded", 1.0, (*codes, "leet"), text) if self._holds_leet(wanted) else None

    def nearest(self, wanted: str) -> Found:
        """How much of a folded text stands in it."""
        return Found("", share_in_order(wanted, self.letters), self.reading.codes, self.reading.text)

    def _holds_leet(self, wanted: str) -> bool:
        """Whether a text stands there with digits and signs for letters; its own digits are as they are."""
        sought, at = wanted.translate(LEET), -1
        while (at := self.leet.find(sought, at + 1)) >= 0:
            if all(self.signs[at + place] == char for place, char in enumerate(wanted) if not char.isalpha()):
                return True
        return False


def search(output: str, texts: Sequence[str], partial: float | None = None) -> list[Found]:
    """How each of several texts stands in an output: the plainest way that it does.

    A text of fewer than 6 letters and digits is only found as it is: disguised, it would be found by chance.

    Args:
        output: What is searched, all of it, in time that grows with its length.
        texts: What is searched for.
        partial: The share of a text that is enough where not all of it stands there. With None no share is told.
    """
    found = [Found("exact", 1.0, (), text) if text in output else Found("", 0.0) for text in texts]
    sought = {at: fold(texts[at]) for at, one in enumerate(found) if not one.how}
    sought = {at: wanted for at, wanted in sought.items() if len(wanted) >= SHORTEST}
    for reading in readings(output) if sought else ():
        folded = _Folded.of(reading)
        for at, wanted in list(sought.items()):
            if (whole := folded.holds(wanted)) is not None:
                found[at] = whole
                del sought[at]
            elif partial is not None and len(reading.codes) <= 1:
                found[at] = max(found[at], folded.nearest(wanted), key=lambda one: one.share)
        if not sought:
            break
    return [replace(one, how="partial") if _is_most(one, partial) else one for one in found]


def _is_most(found: Found, partial: float | None) -> bool:
    return not found.how and partial is not None and found.share >= partial


def share_in_order(wanted: str, text: str) -> float:
    """The share of a text's characters that stand in another one in order, in the window of its length that has most.

    Args:
        wanted: The text.
        text: The other one.
    """
    from rapidfuzz import fuzz
    from rapidfuzz.distance import LCSseq

    if not wanted or not text:
        return 0.0
    if len(text) <= len(wanted):
        return LCSseq.similarity(wanted, text) / len(wanted)
    window = fuzz.partial_ratio_alignment(wanted, text)
    assert window is not None
    return LCSseq.similarity(wanted, text[window.dest_start : window.dest_end]) / len(wanted)
