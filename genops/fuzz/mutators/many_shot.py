"""``many_shot``: a long conversation in which every request was fulfilled."""

from __future__ import annotations

from random import Random
from typing import Annotated

from pydantic import Field

from genops.fuzz.filler import exchange
from genops.fuzz.mutator import mutator

_SPEAKERS = (("User", "Assistant"), ("Human", "AI"), ("Question", "Answer"), ("Q", "A"))


@mutator("many_shot", family="wrapping")
def many_shot(text: str, rng: Random, shots: Annotated[int, Field(ge=1, le=1000)] = 16) -> str:
    """The text as the last request of a conversation whose assistant did everything that it was asked.

    Args:
        text: Any.
        rng: Chooses the exchanges, and how the two are called.
        shots: Exchanges before the text.
    """
    asks, answers = rng.choice(_SPEAKERS)
    told = "".join(f"{asks}: {said}\n{answers}: {reply}\n" for said, reply in (exchange(rng) for _ in range(shots)))
    return f"{told}{asks}: {text}\n{answers}:"
