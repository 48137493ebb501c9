"""Scores of production traces, by the very scorers and judges of suites."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from genops.artifacts import Value, decode, digest_of
from genops.evals.case import Case
from genops.evals.judges.asking import Questions
from genops.evals.runner.scoring import Scoring, score_sample
from genops.evals.sample import Sample
from genops.evals.use import ScorerUse
from genops.executor import Project
from genops.store.records.runs import RunRecord

_AT_ONCE = 8


@dataclass
class TraceScorer:
    """Scores runs as they were recorded, that is, redacted.

    Attributes:
        project: Whose runs they are.
        uses: The scorers.
        of: What they look at, compiled.
        judge: Alias that judges ask; None for the project's default.
    """

    project: Project
    uses: Sequence[ScorerUse]
    of: Any
    judge: str | None = None
    _questions: Questions = field(init=False)

    def __post_init__(self) -> None:
        self._questions = Questions(self.project, model=self.judge)

    @property
    def manifest(self) -> str:
        """Digest of what scores follow from, but for the traces."""
        return digest_of({"of": repr(self.of), "judge": self.judge or "", "scorers": [use.digest for use in self.uses]})

    async def scores(self, runs: Sequence[RunRecord]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """The scores of each run and what the judges used; a run that failed has none, as it has no output.

        Raises:
            StoreError: A trace cannot be read.
        """
        limit = asyncio.Semaphore(_AT_ONCE)

        async def one(run: RunRecord) -> tuple[dict[str, Any], dict[str, Any]]:
            async with limit:
                return await self._one(run)

        return list(await asyncio.gather(*map(one, runs)))

    async def _one(self, run: RunRecord) -> tuple[dict[str, Any], dict[str, Any]]:
        if run.status != "ok" or run.output is None:
            return {}, {}
        sample, spans = await asyncio.to_thread(self._read, run)
        scoring = Scoring(sample, self.project, self._questions, spans)
        scores = await score_sample(self.uses, self.of, scoring)
        return scores, asdict(scoring.judged) if scoring.judged.calls else {}

    def _read(self, run: RunRecord) -> tuple[Sample, list[Any]]:
        store = self.project.store
        payloads = store.payloads(digest for digest in (run.inputs, run.output) if digest)
        inputs = _value(payloads, run.inputs)
        metadata: dict[str, Value] = {"session": run.session, "user": run.user, "tags": list(run.tags)}
        case = Case(run.id[:12], inputs if isinstance(inputs, dict) else {}, metadata=metadata)
        output = _value(payloads, run.output)
        return Sample(case, run.reference or run.chain, 0, output, run), store.spans(run.id)


def _value(payloads: dict[str, bytes], digest: str | None) -> Value:
    """A payload's value; None where it is gone or damaged."""
    if digest is None or digest not in payloads:
        return None
    try:
        return decode(payloads[digest])
    except ValueError:
        return None
