"""The passages that judged scorers of retrieval look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from genops.evals.sample import ScoringContext
from genops.evals.score import Unscored

Given: TypeAlias = list[str | dict[str, Any]] | None
"""Passages as a suite sets them: texts, or mappings with ``text`` as a retrieve step gives them."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage.

    Attributes:
        source: Id of its chunk; its number from 1 where it has none.
        text: What it says.
    """

    source: str
    text: str


async def passages_of(context: ScoringContext, given: Given) -> list[Passage]:
    """The passages that are set, else those that the run retrieved, in their order.

    Raises:
        Unscored: There are none.
    """
    hits: Sequence[str | Mapping[str, Any]] = await context.retrieved() if given is None else given
    found = [_passage(hit, number) for number, hit in enumerate(hits, 1)]
    if not found:
        hint = "set `passages` where they do not come from a retrieve step"
        raise Unscored("the run retrieved no passages", hint=hint if given is None else None)
    return found


def _passage(hit: str | Mapping[str, Any], number: int) -> Passage:
    if isinstance(hit, str):
        return Passage(str(number), hit)
    if "text" not in hit:
        raise Unscored(f"passage {number} has no `text`")
    return Passage(str(hit.get("chunk") or hit.get("chunk_id") or number), str(hit["text"]))
