"""``repetition``: how much a text says again."""

from __future__ import annotations

from genops.drift.descriptor import descriptor
from genops.drift.words import words_of


@descriptor("repetition", of="number", unit="share of runs of words")
def repetition(text: str, length: int = 3) -> float | None:
    """Share of the runs of three neighbouring words that the text has had before: a model that loops nears 1.

    It does not apply to a text of fewer words.

    Args:
        text: Any.
        length: Words in a run.
    """
    found = words_of(text)
    runs = list(zip(*(found[start:] for start in range(length)), strict=False))
    return 1 - len(set(runs)) / len(runs) if runs else None
