"""The attacker behind a model alias."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from genops.artifacts import Value
from genops.errors import ModelRefused, ReferenceNotFound
from genops.evals.judges.asking import Questions
from genops.evals.judging import Answer, NoAnswer, UnusableAnswer
from genops.executor import Project
from genops.fuzz.attacker import AttackerRefused, AttackerUnusable, declines
from genops.tracing.trace import Trace


class ModelAttacker:
    """An attacker behind a model alias.

    Args:
        project: Whose models it asks.
        alias: Of the model.

    Attributes:
        cost: US dollars of its answers so far, where prices are known.
        tokens: Of its answers so far, input and output together.
    """

    def __init__(self, project: Project, alias: str) -> None:
        self.cost = 0.0
        self.tokens = 0
        self._project = project
        self._questions = Questions(project, model=alias, memo=False)

    async def ask(self, prompt: str, inputs: Mapping[str, Value], *, number: int = 0) -> Value:
        """See :class:`~genops.fuzz.mutator.Attacker`.

        Raises:
            AttackerRefused: Its server or its words say that it declines.
            AttackerUnusable: Its answer does not fit the template's schema.
            GenopsError: It gives no answer.
        """
        try:
            answer = await self._questions.ask(prompt, inputs, number=number)
        except UnusableAnswer as error:
            self._bill(error.used)
            words = await asyncio.to_thread(self._last_words, error.run)
            if declines(words):
                raise AttackerRefused(f"the attacker declines: {words[:200]!r}") from error
            raise AttackerUnusable(f"the attacker's answer to {prompt} cannot be used: {error.message}") from error
        except NoAnswer as error:
            self._bill(error.used)
            if not isinstance(error.__cause__, ModelRefused):
                raise
            raise AttackerRefused(f"the attacker's server declines: {error.__cause__.message}") from error
        self._bill(answer)
        return answer.value

    def _bill(self, answer: Answer | None) -> None:
        """Counts what an answer used, or what was used in vain."""
        if answer is not None:
            self.cost += answer.cost or 0.0
            self.tokens += answer.input_tokens + answer.output_tokens

    def _last_words(self, run: str) -> str:
        """The last answer of a run that failed for it; empty where none is on record."""
        self._project.store.writer.flush(10.0)
        try:
            trace = Trace.load(self._project.store, run)
        except ReferenceNotFound:
            return ""
        answers = [trace.value(span.output) for span in trace.spans if span.kind == "model" and span.output is not None]
        last = answers[-1] if answers else None
        return str(last.get("text", "")) if isinstance(last, dict) else ""
