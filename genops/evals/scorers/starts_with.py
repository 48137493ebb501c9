"""``starts_with``: how the output begins."""

from __future__ import annotations

from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.references import Texts, listed, pieces


@scorer("starts_with", threshold=1.0)
def starts_with(output: str, expected: Texts, *, ignore_case: bool = False) -> Score:
    """Whether the output begins with what is expected, white space around both left out: 1 or 0.

    Args:
        output: What is looked at.
        expected: A piece of text, or several, of which any will do.
        ignore_case: Whether ``Yes`` is ``yes``.
    """
    wanted = pieces([text.strip() for text in listed(expected)])
    text = output.strip().casefold() if ignore_case else output.strip()
    fine = any(text.startswith(w.casefold() if ignore_case else w) for w in wanted)
    return Score(float(fine), explanation="" if fine else f"begins with none of {', '.join(map(repr, wanted))}")
