"""Scoring one sample: what its scorers may ask for, and what becomes of their scores."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from genops.artifacts import Value, json_form, normalise, payload_bytes, well_formed
from genops.errors import ReferenceNotFound, StoreError
from genops.evals.judges.asking import Questions
from genops.evals.judging import Answer, NoAnswer, NotAnswered
from genops.evals.sample import Sample
from genops.evals.score import Evidence, Score, Unscored
from genops.evals.use import ScorerUse
from genops.executor import Project
from genops.settings import Settings
from genops.store.records.runs import RunRecord, SpanRecord
from genops.tracing.trace import Trace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(slots=True)
class Judged:
    """What the judges of a sample used."""

    calls: int = 0
    cost: float | None = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0

    def add(self, answer: Answer, seconds: float) -> None:
        """Counts one question, answered or not, and how long it took."""
        self.calls += 1
        self.seconds += seconds
        self.cost = None if self.cost is None or answer.cost is None else self.cost + answer.cost
        self.input_tokens += answer.input_tokens
        self.output_tokens += answer.output_tokens

    def beside(self, run: RunRecord) -> tuple[float | None, int]:
        """US dollars and tokens of a run and its judges; no dollars where a price is unknown."""
        cost = None if self.cost is None or run.cost is None else self.cost + run.cost
        return cost, self.input_tokens + self.output_tokens + run.input_tokens + run.output_tokens


@dataclass
class Scoring:
    """One sample while it is scored: a :class:`~genops.evals.sample.ScoringContext`.

    Attributes:
        sample: What is scored.
        project: Where it was run.
        questions: What judges ask.
        spans: Of the sample's run.
        judged: What the judges have used.
    """

    sample: Sample
    project: Project
    questions: Questions
    spans: list[SpanRecord]
    judged: Judged = field(default_factory=Judged)
    _trace: asyncio.Task[Trace] | None = None

    @property
    def settings(self) -> Settings:
        """The project's."""
        return self.project.settings

    async def trace(self) -> Trace:
        """The run's trace, whole; made once however many scorers ask for it.

        Raises:
            Unscored: It is incomplete, or a step was reused from a run that is no longer stored.
        """
        if self._trace is None:
            self._trace = asyncio.create_task(self._whole_trace())
        return await self._trace

    async def retrieved(self) -> list[dict[str, Value]]:
        """Every passage that the run retrieved, once, in the order of the searches.

        Raises:
            Unscored: As :meth:`trace`.
        """
        trace = await self.trace()
        found: dict[Any, dict[str, Value]] = {}
        for _, span in trace.walk():
            if span.kind != "retrieve" or span.output is None:
                continue
            hits = trace.value(span.output)
            for hit in hits if isinstance(hits, list) else ():
                if isinstance(hit, dict):
                    found.setdefault((span.name, hit.get("chunk_id", hit.get("text"))), hit)
        return list(found.values())

    async def ask(
        self,
        prompt: str,
        inputs: Mapping[str, Value],
        *,
        model: str | None = None,
        number: int = 0,
        fits: Mapping[str, Value] | None = None,
    ) -> Answer:
        """Asks a judge's question. A question of another repetition of the sample is asked anew.

        Raises:
            Unscored: There is no usable answer.
        """
        started = time.perf_counter()
        try:
            drawn = _drawn(self.sample.repeat, number)
            answer = await self.questions.ask(prompt, inputs, model=model, number=drawn, fits=fits)
        except NotAnswered as error:
            if error.used is not None:
                self.judged.add(error.used, time.perf_counter() - started)
            raise
        self.judged.add(answer, time.perf_counter() - started)
        return answer

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts by the project's embedder: n x dimension, normalised."""
        vectors: NDArray[np.float32] = await asyncio.to_thread(self.project.vectors, list(texts))
        return vectors

    async def _whole_trace(self) -> Trace:
        trace = Trace(self.sample.run, self.spans, self.project.store)
        if self.sample.run.dropped:
            raise Unscored("the run's trace is incomplete")
        if not any("genops.memo.run" in span.attributes for span in self.spans):
            return trace
        try:
            await asyncio.to_thread(self.project.store.writer.flush, 10.0)
            return await asyncio.to_thread(trace.whole)
        except (ReferenceNotFound, StoreError) as error:
            raise Unscored(
                f"a step was reused from a run that is no longer stored: {error.message}",
                hint="run with --no-memo",
            ) from error


def _drawn(repeat: int, number: int) -> int:
    """One number for a repetition and a question's own number, another one for every two of them (Cantor's pairing)."""
    return (repeat + number) * (repeat + number + 1) // 2 + number


async def score_sample(uses: Sequence[ScorerUse], of: Any, scoring: Scoring) -> dict[str, Any]:
    """The scores of a sample as they are stored, redacted, by the names of the scorers' entries."""
    slow = [use for use in uses if use.scorer.waits]
    results = {use.name: await _one(use, of, scoring) for use in uses if not use.scorer.waits}
    if len(slow) == 1:  # a task of its own would cost more than many a scorer
        results[slow[0].name] = await _one(slow[0], of, scoring)
    elif slow:
        found = await asyncio.gather(*(_one(use, of, scoring) for use in slow))
        results.update(zip((use.name for use in slow), found, strict=True))
    kept: dict[str, Any] = {use.name: result for use in uses if (result := results[use.name]) is not None}
    redactor, data = scoring.project.redactor, payload_bytes(kept)
    if data[:1] == b"j" and redactor.ruled_out(data[1:]):
        return kept
    redacted = json_form(redactor.session().value(kept))
    assert isinstance(redacted, dict)
    return redacted


async def _one(use: ScorerUse, of: Any, scoring: Scoring) -> dict[str, Any] | None:
    try:
        score = await use.score(scoring.sample, of, scoring)
        return None if score is None else stored_score(score, use.passes(score))
    except TypeError as error:
        return stored_absence(use, Unscored(f"what the scorer gave cannot be kept: {error}"))
    except Unscored as error:
        return stored_absence(use, error)


def stored_absence(use: ScorerUse, error: Unscored) -> dict[str, Any]:
    """Why there is no score, as it is stored; with a threshold, whether it would pass is not known."""
    why: dict[str, Any] = {"unscored": well_formed(error.message)}
    if use.threshold is not None:
        why["passed"] = None
    if isinstance(error, NoAnswer):
        why["infrastructure"] = True
    return {**why, "run": error.run} if error.run else why


def stored_score(score: Score, passed: bool | None) -> dict[str, Any]:
    """A score as it is stored: what is empty is left out.

    Raises:
        TypeError: Its metadata cannot be recorded.
    """
    value: dict[str, Any] = {"value": score.value}
    if passed is not None:
        value["passed"] = passed
    for name in ("label", "explanation"):
        if text := getattr(score, name):
            value[name] = well_formed(text)
    if score.evidence:
        value["evidence"] = [stored_evidence(piece) for piece in score.evidence]
    if score.metadata:
        value["metadata"] = normalise(score.metadata)
    return value


def stored_evidence(piece: Evidence) -> dict[str, Any]:
    """A piece of evidence as it is stored: what is empty is left out."""
    stored: dict[str, Any] = {"text": well_formed(piece.text), "source": well_formed(piece.source)}
    if piece.span is not None:
        stored["span"] = [int(end) for end in piece.span]
    if piece.note:
        stored["note"] = well_formed(piece.note)
    return stored
