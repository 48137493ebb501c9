"""A sample: one case, run once; what scorers look at, and what they may ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from genops.artifacts import Value
from genops.evals.case import Case
from genops.settings import Settings
from genops.store.records.runs import RunRecord
from genops.tracing.trace import Trace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from genops.evals.judging import Answer


@dataclass(frozen=True, slots=True)
class Sample:
    """One case of a suite, run once by one variant.

    Attributes:
        case: What was asked.
        variant: Name of the variant that answered.
        repeat: Number of the repetition, from 0.
        output: What the chain gave.
        run: The run's record: id, tokens, cost, start and end.
    """

    case: Case
    variant: str
    repeat: int
    output: Value
    run: RunRecord

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return self.run.seconds

    def variables(self) -> dict[str, Any]:
        """What an expression over the sample can read: the case's fields, ``output`` and facts of the run."""
        run = self.run
        return {
            **self.case.variables(),
            "output": self.output,
            "variant": self.variant,
            "repeat": self.repeat,
            "run": {
                "id": run.id,
                "seconds": self.seconds,
                "cost": run.cost,
                "input_tokens": run.input_tokens,
                "output_tokens": run.output_tokens,
                "model_calls": run.model_calls,
            },
        }


class ScoringContext(Protocol):
    """What a scorer may ask for beside the sample. Everything that is asked of a model is traced and paid apart.

    Attributes:
        sample: What is scored.
    """

    sample: Sample

    @property
    def settings(self) -> Settings:
        """The project's."""
        ...

    async def trace(self) -> Trace:
        """The run's trace; steps that were reused from an earlier run have the spans of that run below them.

        Raises:
            Unscored: It is incomplete, or the earlier run is no longer stored.
        """
        ...

    async def retrieved(self) -> list[dict[str, Value]]:
        """The passages that the run retrieved: every hit of every search once, in the order of the searches.

        A hit is a mapping as a retrieve step gives it (``text``, ``document``, ``chunk``, ``start``, ``end``, …).
        """
        ...

    async def ask(
        self,
        prompt: str,
        inputs: Mapping[str, Value],
        *,
        model: str | None = None,
        number: int = 0,
        fits: Mapping[str, Value] | None = None,
    ) -> Answer:
        """Asks a model by a prompt template: the project's own, or one of genops's (``genops/rubric``).

        Args:
            prompt: Reference of the template.
            inputs: Its inputs.
            model: Alias to ask; default the template's, then the suite's judge model, then the project's default.
            number: Tells apart equal questions whose answers are to be drawn anew.
            fits: A JSON Schema that the answer has to fit beside the template's own: the levels of a scale, a verdict
                on each claim.

        Raises:
            Unscored: The answer does not fit the schemas after its attempts, or the model cannot be reached.
        """
        ...

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of texts by the project's embedder: n x dimension, normalised."""
        ...
