"""``offline/extractive``: an honest baseline with no network, which answers by picking sentences from its prompt.

It is no language model. It finds the question and the numbered passages in the prompt, ranks the passages' sentences
by BM25 (Robertson and Zaragoza 2009) against the question, and gives the best few back, each with its passage's
number. Without passages it gives the question back as it stands, which is what a rewriting prompt can honestly get.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from genops.errors import ModelRefused
from genops.models.prompt_reading import Passage, find_question, passages_of, sentences_of, words_of
from genops.models.tokens import counted, text_of
from genops.models.types import Call, Model, ModelRequest, ModelResponse
from genops.settings import Settings

NO_ANSWER = "The passages do not answer the question."
MODEL = "offline/extractive"

_SENTENCES = 3
_K1, _B = 1.2, 0.75
_ENOUGH = 0.6
_COVERED = 0.2
_HEADING_SHARE = 0.3
_RANK_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Picked:
    """A sentence that was picked, and the number of its passage."""

    text: str
    passage: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the prompt holds of an answer.

    Attributes:
        text: The sentences with citations, or the question where there are no passages.
        picked: Empty where there are no passages, or none has anything to do with the question.
    """

    text: str
    picked: tuple[Picked, ...] = ()


class Offline:
    """The provider of ``offline/…``."""

    def __init__(self, settings: Settings) -> None:
        pass

    async def complete(self, model: Model, request: ModelRequest, call: Call) -> ModelResponse:
        """Answers from the prompt.

        Raises:
            ModelRefused: Tools are offered, or the response format asks for what cannot be picked from a text.
        """
        if request.tools and request.tool_choice != "none":
            raise ModelRefused(
                f"{MODEL} cannot call tools", hint="give the step a model that can, or the agent's text protocol"
            )
        answer = extract(request)
        text = answer.text if request.response_format is None else _formatted(answer, request.response_format)
        if call.on_text is not None:
            call.on_text(text)
        return ModelResponse(text=text, usage=counted(request, text), model=MODEL, extra={"baseline": "extractive"})

    async def close(self) -> None:
        """Holds nothing."""


def extract(request: ModelRequest) -> Answer:
    """The answer that the messages of a request hold."""
    texts = [text_of(message) for message in request.messages if message["role"] in ("system", "user")]
    prompt = next((text_of(m) for m in reversed(request.messages) if m["role"] == "user"), "\n\n".join(texts))
    question = find_question(prompt)
    passages = next((found for text in reversed(texts) if (found := passages_of(text))), [])
    if not passages:
        return Answer(question)
    picked = pick(question, passages)
    if not picked:
        return Answer(NO_ANSWER)
    return Answer(" ".join(f"{sentence.text} [{sentence.passage}]" for sentence in picked), tuple(picked))


def pick(question: str, passages: Sequence[Passage], count: int = _SENTENCES) -> list[Picked]:
    """The sentences that best match a question, at most ``count``, best first.

    A sentence is ranked by its own words and, with less weight, by those of the heading it stands under; of equals the
    earlier passage wins, as retrieval put it first. Sentences much worse than the best are left out, and so are
    those that, with their heading, hold too little of the question.
    """
    sentences = [
        (place, passage.number, sentence)
        for place, passage in enumerate(passages)
        for sentence in sentences_of(passage.text)
    ]
    bags = [Counter(words_of(sentence.text)) for _, _, sentence in sentences]
    headings = [Counter(words_of(sentence.heading)) for _, _, sentence in sentences]
    wanted = set(words_of(question))
    weights = _weights(wanted, [bag | heading for bag, heading in zip(bags, headings, strict=True)])
    mean = sum(bag.total() for bag in bags) / len(bags) if bags else 1.0
    ranked: list[tuple[float, Picked]] = []
    for (place, number, sentence), bag, heading in zip(sentences, bags, headings, strict=True):
        own = _bm25(bag, weights, mean)
        known = sum(weight for word, weight in weights.items() if word in bag or word in heading)
        if own > 0 and known >= _COVERED * sum(weights.values()):
            score = own + _HEADING_SHARE * sum(weights[word] for word in weights if word in heading and word not in bag)
            ranked.append((score / (1 + _RANK_SHARE * place), Picked(sentence.text, number)))
    ranked.sort(key=lambda pair: -pair[0])
    chosen: list[Picked] = []
    for score, candidate in ranked:
        if score < _ENOUGH * ranked[0][0] or len(chosen) == count:
            break
        if all(candidate.text != other.text for other in chosen):
            chosen.append(candidate)
    return chosen


def _weights(wanted: set[str], bags: Sequence[Counter[str]]) -> dict[str, float]:
    """Inverse frequency, over sentences, of each wanted word."""
    total = len(bags)
    found = {word: sum(word in bag for bag in bags) for word in sorted(wanted)}
    return {word: math.log(1 + (total - n + 0.5) / (n + 0.5)) for word, n in found.items()}


def _bm25(bag: Counter[str], weights: dict[str, float], mean: float) -> float:
    length = _K1 * (1 - _B + _B * bag.total() / mean) if mean else _K1
    return sum(weight * bag[word] * (_K1 + 1) / (bag[word] + length) for word, weight in weights.items())


def _formatted(answer: Answer, response_format: dict[str, Any]) -> str:
    """The answer as JSON that fits a schema."""
    if response_format.get("type") == "text":
        return answer.text
    schema = (response_format.get("json_schema") or {}).get("schema") or {}
    if schema.get("type") != "object":
        raise ModelRefused(f"{MODEL} cannot fill a response format that is not an object", hint=_HINT)
    properties = schema.get("properties") or {}
    required = schema.get("required") or list(properties)
    return json.dumps(_filled(answer, properties, required), ensure_ascii=False)


_HINT = "it can give one text, the picked sentences as a list of texts, and the passages' numbers as a list of integers"


def _filled(answer: Answer, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    text_given = False
    for name, schema in properties.items():
        items = (schema.get("items") or {}).get("type")
        if "const" in schema:
            out[name] = schema["const"]
        elif schema.get("type") == "array" and items == "string":
            out[name] = [sentence.text for sentence in answer.picked] or [answer.text]
        elif schema.get("type") == "array" and items == "integer":
            out[name] = sorted({sentence.passage for sentence in answer.picked})
        elif _free_text(schema) and not text_given:
            out[name] = answer.text
            text_given = True
        elif name in required:
            raise ModelRefused(f"{MODEL} cannot fill the property {name!r} of the response format", hint=_HINT)
    return out


def _free_text(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "string" and not schema.keys() & {"enum", "pattern", "format", "maxLength"}
