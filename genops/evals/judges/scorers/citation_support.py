"""``citation_support``: whether what a sentence cites supports it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from genops.artifacts import Value
from genops.evals.judges.passages import Given, Passage, passages_of
from genops.evals.judges.questions import asks
from genops.evals.judges.verdicts import TEXT, evidence_of, facts, having, in_order, one_each
from genops.evals.judging import Answer
from genops.evals.sample import ScoringContext
from genops.evals.score import Evidence, Score, Unscored
from genops.evals.scorer import scorer
from genops.evals.scorers.citations import MARK, cited_numbers
from genops.evals.scorers.sentences import sentences


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and what a judge found about its citations.

    Attributes:
        text: With its marks.
        supported: Whether its citations together support all of it; not so without citations.
        cited: Number of each citation, and whether it supports the sentence at least in part.
        evidence: The sentence, and the words of passages that support it.
        answer: The judge's; None where nobody was asked.
    """

    text: str
    supported: bool
    cited: tuple[tuple[int, bool], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    answer: Answer | None = None


@scorer("citation_support")
@asks("genops/citation")
async def citation_support(
    output: str,
    measure: Literal["f1", "precision", "recall"] = "f1",
    *,
    context: ScoringContext,
    passages: Given = None,
    model: str | None = None,
) -> Score:
    """How far the citations ``[n]`` of a text support its sentences, by a judge: F1 of precision and recall.

    Recall is the share of sentences that their citations support together; precision the share of citations that
    support their sentence, in a sentence that is supported. Gao et al. 2023, ALCE, arXiv:2305.14627.

    Args:
        output: The text with its marks.
        measure: What the score is; all three are in the metadata.
        context: Gives the passages and asks the model.
        passages: What ``[1]``, ``[2]`` … stand for; default what the run retrieved, in its order.
        model: Alias of the judge.

    Raises:
        Unscored: There are no sentences or no passages, or the judge cannot say.
    """
    found = await passages_of(context, passages)
    texts = _with_their_marks(sentences(output))
    if not texts:
        raise Unscored("the text has no sentences")
    checked = await asyncio.gather(
        *(_check(context, text, " ".join(texts[:place]), output, found, model) for place, text in enumerate(texts))
    )
    citations = [(sentence, number, good) for sentence in checked for number, good in sentence.cited]
    precise = sum(sentence.supported and good for sentence, _, good in citations)
    recall = sum(sentence.supported for sentence in checked) / len(checked)
    precision = precise / len(citations) if citations else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precise else 0.0
    figures: dict[str, Value] = {"precision": precision, "recall": recall, "f1": f1}
    values = {"precision": precision, "recall": recall, "f1": f1}
    return Score(
        values[measure],
        explanation="\n".join(f"not supported: {item.text}" for item in checked if not item.supported),
        evidence=tuple(piece for sentence in checked for piece in sentence.evidence),
        metadata=facts(*(item.answer for item in checked if item.answer), **figures),
    )


def _with_their_marks(found: Sequence[str]) -> list[str]:
    """Sentences, each with the marks that stand behind its full stop."""
    joined: list[str] = []
    for text in found:
        if joined and not MARK.sub("", text).strip(" .,;"):
            joined[-1] += f" {text}"
        elif joined and (match := re.match(rf"(?:{MARK.pattern}\s*)+", text)):
            joined[-1] += f" {match.group().strip()}"
            joined.append(text[match.end() :])
        else:
            joined.append(text)
    return joined


async def _check(
    context: ScoringContext, text: str, before: str, output: str, passages: Sequence[Passage], model: str | None
) -> Sentence:
    numbers = sorted(cited_numbers(text))
    known = [number for number in numbers if 1 <= number <= len(passages)]
    nowhere = tuple((number, False) for number in numbers if number not in known)
    plain = re.sub(rf"\s*{MARK.pattern}", "", text).strip()
    if not known:
        return Sentence(text, False, nowhere, _stated(text, output, "cites nothing"))
    cited: list[Value] = [{"number": number, "text": passages[number - 1].text} for number in known]
    asked: dict[str, Value] = {"sentence": plain, "before": before, "passages": cited}
    each = one_each("citations", "number", known, supports={"enum": ["fully", "partly", "no"]}, quote=TEXT)
    fits: dict[str, Value] = {"allOf": [having(together={"type": "boolean"}), each]}
    answer = await context.ask("genops/citation", asked, model=model, fits=fits)
    value: Any = answer.value
    rows = in_order(value["citations"], "number")
    evidence = list(_stated(text, output, "supported" if value["together"] else "not supported"))
    for number, row in zip(known, rows, strict=True):
        passage = passages[number - 1]
        piece = evidence_of(row["quote"], {passage.source: passage.text}, f"supports {row['supports']}: {plain}")
        evidence += [piece] if piece and row["supports"] != "no" else []
    good = tuple((number, row["supports"] != "no") for number, row in zip(known, rows, strict=True))
    return Sentence(text, value["together"], (*good, *nowhere), tuple(evidence), answer)


def _stated(sentence: str, output: str, note: str) -> tuple[Evidence, ...]:
    return (evidence_of(sentence, {"output": output}, note) or Evidence(sentence, "output", None, note),)
