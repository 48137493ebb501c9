"""The samples of an evaluation as observations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from genops.drift.windows.observation import Observation, Wants
from genops.drift.windows.reference import Sources
from genops.errors import ReferenceNotFound, UsageError
from genops.evals.results import Results, StoredSample
from genops.evals.subject import step_outputs
from genops.store.records.evaluations import SampleRecord
from genops.tracing.trace import Trace


@dataclass(frozen=True, slots=True)
class EvaluationSource:
    """The samples of one evaluation: all variants, or the one that its reference means.

    Attributes:
        reference: What people call the evaluation.
    """

    reference: str

    @classmethod
    def of(cls, value: Any) -> EvaluationSource:
        """The source of an evaluation's id, name or suite.

        Raises:
            UsageError: It is no text.
        """
        if not isinstance(value, str) or not value:
            raise UsageError("eval: which evaluation?", hint="eval:ID, eval:SUITE or eval:last")
        return cls(value)

    @property
    def name(self) -> str:
        """As people wrote it."""
        return f"eval:{self.reference}"

    def observations(self, sources: Sources, wants: Wants) -> Iterator[Observation]:
        """Every sample; those of one case, whatever the variant or repetition, are one group."""
        results = Results(sources.store, sources.settings)
        found = results.find(self.reference)

        def meant(sample: SampleRecord) -> bool:
            return found.variant is None or sample.variant == found.variant

        for stored in results.samples(found.record, meant):
            yield _observation(sources, stored, wants)


def _observation(sources: Sources, stored: StoredSample, wants: Wants) -> Observation:
    sample, case = stored.record, stored.case
    variables: dict[str, Any] = {} if case is None else dict(case.variables())
    variables |= {
        "variant": sample.variant,
        "repeat": sample.repeat,
        "scores": {name: score["value"] for name, score in sample.scores.items() if "value" in score},
        "run": {
            "id": sample.run,
            "seconds": sample.seconds,
            "cost": sample.cost,
            "input_tokens": sample.input_tokens,
            "output_tokens": sample.output_tokens,
            "status": sample.status,
        },
    }
    if stored.output is not None:
        variables["output"] = stored.output
    if sample.run and wants.reads("steps"):
        with suppress(ReferenceNotFound):  # pruned: what reads it is left out, and counted
            variables["steps"] = step_outputs(Trace.load(sources.store, sample.run).whole())
    return Observation(
        id=f"{sample.case}/{sample.variant}/{sample.repeat}",
        variables=variables,
        group=(case.cluster if case is not None and case.cluster else sample.case),
        run=sample.run,
        segments={"variant": sample.variant},
        missing="" if sample.status == "ok" else "the run failed",
    )
