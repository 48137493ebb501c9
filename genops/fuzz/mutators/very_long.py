"""``very_long``: so much text that what came before it may be forgotten, or a limit be met."""

from __future__ import annotations

from random import Random
from typing import Annotated

from pydantic import Field

from genops.fuzz.attack import LONGEST
from genops.fuzz.filler import SENTENCES, WORDS
from genops.fuzz.mutator import mutator


@mutator("very_long", family="length")
def very_long(text: str, rng: Random, characters: Annotated[int, Field(ge=1, le=LONGEST)] = 20_000) -> str:
    """The text behind a great many repetitions: of itself, a sentence, a word, a letter, or empty lines.

    Args:
        text: Any.
        rng: Chooses what is repeated.
        characters: Of the result; a text that is longer stays as it is.
    """
    unit = rng.choice((f"{text}\n", f"{rng.choice(SENTENCES)} ", f"{rng.choice(WORDS)} ", "A", "\n"))
    room = max(0, characters - len(text))
    return (unit * (room // len(unit) + 1))[:room] + text
