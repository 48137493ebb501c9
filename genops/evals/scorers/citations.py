"""The citations of an answer, and whether they lead to what was retrieved."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from genops.artifacts import Value
from genops.evals.score import Unscored
from genops.evals.scorer import as_text
from genops.evals.scorers.sentences import sentences

_DIGITS = 18
MARK = re.compile(r"\[(\d+(?:\s*[,;]\s*\d+)*)\]")
"""A citation in a text: one number, or several."""
_BEHIND_THE_STOP = re.compile(r"((?<![.!?…。！？])[.!?…。！？]++[\"'”’)\]]*+)((?:\s*+\[\d[\d,;\s]*+\])++)")
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cited:
    """An answer with its citations.

    Attributes:
        text: The answer.
        leads: For each number that it cites, whether it leads to a span of a retrieved passage.
    """

    text: str
    leads: Mapping[float, bool]

    def sentences(self) -> list[tuple[str, bool]]:
        """Each sentence, and whether a citation in it or right behind its full stop leads somewhere."""
        found = sentences(_BEHIND_THE_STOP.sub(r"\2\1", self.text))
        return [(text, any(self.leads.get(number) for number in cited_numbers(text))) for text in found]


def read_citations(output: Value, hits: Sequence[Mapping[str, Any]]) -> Cited:
    """The citations of an output: a text, or a mapping with ``answer`` and ``citations``.

    In a text ``[2]`` leads to the second retrieved passage. A mapping's citation has a ``number``, a ``uri`` or
    ``document``, ``start`` and ``end``, and leads to a passage that the span lies in.

    Raises:
        Unscored: The output is neither.
    """
    if not isinstance(output, dict):
        text = as_text(output)
        return Cited(text, {number: 1 <= number <= len(hits) for number in cited_numbers(text)})
    answer, listed = output.get("answer"), output.get("citations")
    if not isinstance(answer, str) or not isinstance(listed, list):
        raise Unscored("the output has no `answer` text with `citations`", hint="set `of` to the part that has them")
    given: dict[float, list[Any]] = {number: [] for number in cited_numbers(answer)}
    for place, citation in enumerate(listed, start=1):
        given.setdefault(_number(citation, place), []).append(citation)
    return Cited(answer, {number: _lead(citations, hits) for number, citations in given.items()})


def cited_numbers(text: str) -> list[int]:
    """The numbers that a text cites outside of its code, each once; of one without end the first digits."""
    marks = MARK.findall(_CODE.sub(" ", text))
    return list(dict.fromkeys(int(number[:_DIGITS]) for mark in marks for number in re.findall(r"\d+", mark)))


def _number(citation: Any, place: int) -> float:
    """What marks of the text stand for a listed citation: its ``number``, or its place in the list."""
    number = citation.get("number", place) if isinstance(citation, dict) else place
    if isinstance(number, str) and number.isdecimal():
        return int(number[:_DIGITS])
    return number if isinstance(number, (int, float)) else place


def _lead(citations: Sequence[Any], hits: Sequence[Mapping[str, Any]]) -> bool:
    return bool(citations) and all(any(_is_in(citation, hit) for hit in hits) for citation in citations)


def _is_in(citation: Any, hit: Mapping[str, Any]) -> bool:
    if not isinstance(citation, dict):
        return False
    start, end = citation.get("start"), citation.get("end")
    same = any(citation.get(name) is not None and citation[name] == hit.get(name) for name in ("uri", "document"))
    return same and isinstance(start, int) and isinstance(end, int) and hit["start"] <= start < end <= hit["end"]
