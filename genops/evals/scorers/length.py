"""``length``: whether the output is as long as it should be."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from genops.evals.score import Score
from genops.evals.scorer import scorer
from genops.evals.scorers.sentences import sentences

Unit = Literal["characters", "words", "sentences", "tokens"]
_WORD = re.compile(r"\w+(?:['’\-]\w+)*")


@scorer("length", threshold=1.0, threaded=True)
def length(
    output: str,
    unit: Unit = "words",
    *,
    at_least: Annotated[int, Field(ge=0)] = 0,
    at_most: Annotated[int, Field(ge=0)] | None = None,
) -> Score:
    """Whether the output's length is within bounds: 1 or 0.

    Args:
        output: What is measured.
        unit: What is counted. Words are what stands between spaces and punctuation, so a run of Chinese is one; tokens
            are those of OpenAI's ``cl100k_base`` encoding, whatever model wrote the text.
        at_least: The least that will do.
        at_most: The most that will do; None for no bound.
    """
    counted = _count(output, unit)
    fine = at_least <= counted and (at_most is None or counted <= at_most)
    bounds = f"at least {at_least}" if at_most is None else f"{at_least} to {at_most}"
    return Score(float(fine), "", "" if fine else f"{counted} {unit}, not {bounds}", metadata={unit: counted})


def _count(text: str, unit: Unit) -> int:
    if unit == "tokens":
        from genops.retrieval.embedders.endpoint_tokens import tiktoken_counter

        return tiktoken_counter("cl100k_base")(text)
    if unit == "words":
        return len(_WORD.findall(text))
    return len(sentences(text)) if unit == "sentences" else len(text)
