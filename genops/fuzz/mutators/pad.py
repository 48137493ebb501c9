"""``pad``: idle talk before the text, after it, or on both sides."""

from __future__ import annotations

from random import Random
from typing import Annotated, Literal

from pydantic import Field

from genops.fuzz.filler import SENTENCES
from genops.fuzz.mutator import mutator


@mutator("pad", family="length", keeps_meaning=True)
def pad(
    text: str,
    rng: Random,
    sentences: Annotated[int, Field(ge=1, le=1000)] = 6,
    where: Literal["before", "after", "both"] | None = None,
) -> str:
    """The text among sentences that have nothing to do with it, so that it is no longer what a reader sees first.

    Args:
        text: Any.
        rng: Chooses the sentences, and the side where none is set.
        sentences: How many on a side.
        where: The side; default chance.
    """
    where = where or rng.choice(("before", "after", "both"))
    before = " ".join(rng.choices(SENTENCES, k=sentences)) + "\n\n" if where != "after" else ""
    after = "\n\n" + " ".join(rng.choices(SENTENCES, k=sentences)) if where != "before" else ""
    return f"{before}{text}{after}"
