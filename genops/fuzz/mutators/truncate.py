"""``truncate``: a part of the text alone."""

from __future__ import annotations

from math import ceil
from random import Random
from typing import Annotated

from pydantic import Field

from genops.fuzz.mutator import mutator


@mutator("truncate", family="length")
def truncate(text: str, rng: Random, least: Annotated[float, Field(ge=0, le=1)] = 0.3) -> str:
    """The text without its end or without its beginning, as a field that is too short or a window that is too small.

    Args:
        text: Any.
        rng: Chooses which of both, and where the cut is.
        least: Share of the characters that stays at least.
    """
    kept = ceil(len(text) * rng.uniform(least, 1))
    return text[:kept] if rng.random() < 0.5 else text[len(text) - kept :]
