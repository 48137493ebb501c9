"""Searching an output for a text that may be disguised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from genops.disguise.decoding import Reading, readings
from genops.disguise.folding import LEET, LEET_SIGNS, fold

SHORTEST = 6
"""Letters and digits: fewer are found by chance."""
_LONGEST = 20_000

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

    def holds_leet(self, wanted: str) -> bool:
        """Whether a text stands there with digits and signs for letters; its own digits are as they are."""
        sought, at = wanted.translate(LEET), -1
        while (at := self.leet.find(sought, at + 1)) >= 0:
            if all(self.signs[at + place] == char for place, char in enumerate(wanted) if not char.isalpha()):
                return True
        return False


class Searched:
    """An output with all its readings, for several texts to be searched for.

    Args:
        output: What is searched.
    """

    def __init__(self, output: str) -> None:
        self.output = output
        self._readings: list[_Folded] | None = None

    def whole(self, text: str) -> Found:
        """How all of a text stands in the output: the plainest way that it does.

        A text of fewer than 6 letters and digits is only found as it is: disguised, it would be found by chance.

        Args:
            text: What is searched for.
        """
        if text in self.output:
            return Found("exact", 1.0, (), text)
        wanted = fold(text)
        for item in self._folded() if len(wanted) >= SHORTEST else ():
            reading = item.reading
            if wanted in item.letters:
                return Found("decoded" if reading.codes else "normalised", 1.0, reading.codes, reading.text)
            if item.holds_leet(wanted):
                return Found("decoded", 1.0, (*reading.codes, "leet"), reading.text)
        return Found("", 0.0)

    def find(self, text: str, partial: float = 1.0) -> Found:
        """How a text, or most of it, stands in the output; see :meth:`whole`.

        Args:
            text: What is searched for.
            partial: The share of it that is enough.
        """
        found, wanted = self.whole(text), fold(text)
        if found.how or len(wanted) < SHORTEST:
            return found
        best = max((self._near(wanted, item) for item in self._folded()), key=lambda near: near.share)
        return replace(best, how="partial") if best.share >= partial else best

    def _near(self, wanted: str, item: _Folded) -> Found:
        reading = item.reading
        if len(reading.codes) > 1:
            return Found("", 0.0)
        return Found("", share_in_order(wanted, item.letters[:_LONGEST]), reading.codes, reading.text)

    def _folded(self) -> list[_Folded]:
        if self._readings is None:
            self._readings = [_Folded.of(reading) for reading in readings(self.output)]
        return self._readings


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
