"""``refusal``: whether a text declines to help."""

from __future__ import annotations

from genops.drift.descriptor import descriptor
from genops.evals.scorers.refusal import refusal as refuses


@descriptor("refusal", of="number", unit="share of texts")
def refusal(text: str) -> float:
    """1 where a text declines to help, as the scorer ``refusal`` tells it (four languages); its mean is the rate."""
    return float(refuses(text).value)
