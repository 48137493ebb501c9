"""Searching an output for a text that may be disguised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from genops.fuzz.detectors.decoding import Reading, readings
from genops.fuzz.detectors.folding import fold, fold_leet

SHORTEST = 6
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


class Searched:
    """An output with all its readings, for several texts to be searched for.

    Args:
        output: What is searched.
    """

    def __init__(self, output: str) -> None:
        self.output = output
        self._readings: list[tuple[Reading, str, str]] | None = None

    def find(self, text: str, partial: float = 1.0) -> Found:
        """How a text stands in the output: the plainest way that it does.

        A text of fewer than 6 letters and digits is only found as it is: disguised, it would be found by chance.

        Args:
            text: What is searched for.
            partial: The share of it that is enough.
        """
        if text in self.output:
            return Found("exact", 1.0, (), text)
        wanted, leet = fold(text), fold_leet(text)
        if len(wanted) < SHORTEST:
            return Found("", 0.0)
        for reading, folded, leet_folded in self._folded():
            if wanted in folded:
                return Found("decoded" if reading.codes else "normalised", 1.0, reading.codes, reading.text)
            if leet in leet_folded:
                return Found("decoded", 1.0, (*reading.codes, "leet"), reading.text)
        best = max((self._near(wanted, item) for item in self._folded()), key=lambda found: found.share)
        return Found("partial", best.share, best.codes, best.text) if best.share >= partial else best

    def _near(self, wanted: str, item: tuple[Reading, str, str]) -> Found:
        reading, folded, _ = item
        if len(reading.codes) > 1:
            return Found("", 0.0)
        return Found("", share_in_order(wanted, folded[:_LONGEST]), reading.codes, reading.text)

    def _folded(self) -> list[tuple[Reading, str, str]]:
        if self._readings is None:
            self._readings = [
                (reading, fold(reading.text), fold_leet(reading.text)) for reading in readings(self.output)
            ]
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
