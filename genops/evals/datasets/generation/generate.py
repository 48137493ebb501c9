"""Cases with expected answers, made by a model from passages, each with the words that its answer rests on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from genops.artifacts import Value, well_formed
from genops.evals.case import Case
from genops.evals.datasets.embedding import text_embedder
from genops.evals.datasets.generation.passages import PassageSource, Span
from genops.evals.datasets.line import record_of
from genops.evals.datasets.reading import derived_id
from genops.evals.datasets.sameness import normalised_text
from genops.evals.datasets.unique import Unique
from genops.evals.judges.asking import Questions
from genops.evals.judging import UnusableAnswer
from genops.executor import Project
from genops.retrieval import Index, open_index

Kind = Literal["average", "critical", "edge"]
KINDS: dict[Kind, str] = {
    "average": "what a usual reader of these documents asks",
    "critical": "what a reader must get right, because a wrong answer costs something: data, money, access or safety",
    "edge": "an unusual but fair case: a limit, a default, an exception, a condition, or what does not hold",
}
"""What sorts of questions are made, in turn."""

_AT_ONCE = 8
_ATTEMPTS = 4
_EVERY_MULTI = 3
_ALIKE = 0.92


@dataclass(slots=True)
class Outcome:
    """How a generation went.

    Attributes:
        cases: How many were made.
        dropped: Attempts that came to nothing, by the reason.
    """

    cases: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


class Dropped(Exception):
    """An attempt came to nothing; the message says why, in few words."""


async def generate_cases(
    project: Project,
    index: str,
    model: str | None,
    count: int,
    keep: Callable[[dict[str, Any]], None],
    *,
    input_name: str = "question",
    seed: int = 0,
    known: Sequence[Case] = (),
) -> Outcome:
    """Makes cases until there are enough, or four attempts for each were made.

    An attempt asks for a question with its answer and quotes; finds the quotes in the passages; asks the question
    again, with the passages and without the answer; and compares. What says nearly the same as an earlier question is
    dropped.

    Args:
        project: Whose models and indexes are used.
        index: Name of an index that was built.
        model: Alias that is asked; default the project's.
        count: Cases that are wanted.
        keep: Is given each case as a row, ``metadata.reviewed: false`` in it, as soon as it is made.
        input_name: The chain's input that takes the question.
        seed: Says which passages are drawn.
        known: Cases that there are already: neither what they ask is asked again, nor is one of their ids given, which
            a case keeps whose question was edited.

    Raises:
        NoAnswer: The model cannot be reached; what was made until then was kept.
        InputError: The index has no passage that can be asked about.
    """
    import numpy as np

    opened = open_index(project.settings, index)
    source = PassageSource(opened, np.random.default_rng(seed))
    unique = Unique(text_embedder(project.settings), _ALIKE)
    unique.among([case.inputs for case in known if case.inputs])
    taken = {case.id for case in known}
    maker = _Maker(Questions(project, model=model), opened, model, input_name)
    outcome, attempt = Outcome(), 0
    while outcome.cases < count and attempt < count * _ATTEMPTS:
        wave = range(attempt, attempt + min(_AT_ONCE, count - outcome.cases))
        attempt = wave.stop
        plans = [await asyncio.to_thread(_planned, source, number) for number in wave]
        made = await asyncio.gather(*(maker.case(*plan) for plan in plans), return_exceptions=True)
        failed = [result for result in made if isinstance(result, BaseException) and not isinstance(result, Dropped)]
        for result in made:
            if isinstance(result, Dropped):
                outcome.dropped[str(result)] += 1
            elif isinstance(result, Case):
                if result.id in taken or not unique.among([result.inputs])[0]:
                    outcome.dropped["asked before"] += 1
                    continue
                keep(record_of(result))
                outcome.cases += 1
        if failed:
            raise failed[0]
    return outcome


def _planned(source: PassageSource, number: int) -> tuple[int, Kind, list[Span]]:
    """What attempt ``number`` is to make: every third question needs two passages."""
    kinds = get_args(Kind)
    span = source.one()
    other = source.beside(span) if number % _EVERY_MULTI == _EVERY_MULTI - 1 else None
    return number, kinds[(number // _EVERY_MULTI + number) % len(kinds)], [span] if other is None else [span, other]


@dataclass(frozen=True, slots=True)
class _Maker:
    questions: Questions
    index: Index
    model: str | None
    input_name: str

    async def case(self, number: int, kind: Kind, spans: list[Span]) -> Case:
        """One case.

        Raises:
            Dropped: It came to nothing.
        """
        passages: list[Any] = [{"number": place, "text": span.text} for place, span in enumerate(spans, start=1)]
        try:
            given: dict[str, Value] = {"kind": KINDS[kind], "passages": passages}
            answer = await self.questions.ask("genops/generate_case", given, model=self.model, number=number)
            made: Any = answer.value
            sources = _found(made["quotes"], spans)
            await self._check(made["question"], made["answer"], passages)
        except UnusableAnswer:
            raise Dropped("no answer of the wanted form") from None
        case = Case(
            id="",
            inputs={self.input_name: well_formed(made["question"]).strip()},
            expected=well_formed(made["answer"]).strip(),
            tags=(kind, "single-passage" if len(spans) == 1 else "multi-passage"),
            cluster=spans[0].document,
            metadata={
                "reviewed": False,
                "sources": [
                    {"document": s.document, "uri": s.uri, "start": s.start, "end": s.end, "text": s.text}
                    for s in sources
                ],
                "index": self.index.name,
                "snapshot": self.index.snapshot,
                "model": answer.model,
                "prompt": answer.prompt,
                "run": answer.run,
            },
        )
        return replace(case, id=derived_id(case.asked, case.expected))

    async def _check(self, question: str, answer: str, passages: list[Any]) -> None:
        """Asks the question again, of the passages alone.

        Raises:
            Dropped: They do not answer it, or answer something else.
        """
        if not question.strip() or not answer.strip():
            raise Dropped("an empty question or answer")
        given: dict[str, Value] = {"question": question, "passages": passages}
        second: Any = (await self.questions.ask("genops/answer_from_passages", given, model=self.model)).value
        if not second["answerable"]:
            raise Dropped("not answerable from its passages")
        if normalised_text(second["answer"]) == normalised_text(answer):
            return
        both = {"question": question, "first": answer, "second": second["answer"]}
        same: Any = (await self.questions.ask("genops/same_answer", both, model=self.model)).value
        if not same["same"]:
            raise Dropped("another answer when asked again")


def _found(quotes: list[Any], spans: list[Span]) -> list[Span]:
    """Where the quotes stand in the documents.

    Raises:
        Dropped: One is not there, or a passage has none.
    """
    found: dict[int, list[Span]] = {}
    for quote in quotes:
        number = int(quote["passage"])  # JSON's 1.0 is the passage 1, too
        span = spans[number - 1].find(quote["quote"]) if 1 <= number <= len(spans) else None
        if span is None:
            raise Dropped("a quote that is not in its passage")
        found.setdefault(number, []).append(span)
    if len(found) < len(spans):
        raise Dropped("a passage that the answer does not rest on")
    return [span for number in sorted(found) for span in found[number]]
