"""Asking a judge: its question is a chain of one step, run by the executor like any other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from genops.artifacts import Reference, Value, encode
from genops.chains import ChainDefinition
from genops.errors import (
    DefinitionError,
    GenopsError,
    InputError,
    ModelError,
    OutputInvalid,
    StepTimeout,
    StoreError,
    UsageError,
)
from genops.evals.judges.fence import fence_code, harmless
from genops.evals.judges.questions import QuestionSource
from genops.evals.judging import Answer, NoAnswer, NotAnswered, UnusableAnswer
from genops.executor import Project, RunOptions
from genops.executor.closure import Closure
from genops.executor.engine import RunResult, run_chain
from genops.models.loop_thread import on_loop
from genops.prompts import Prompt
from genops.store.records.runs import RunRecord

FENCE = "fence"
_FREE: dict[str, Any] = {"cost": 0.0, "input_tokens": 0, "output_tokens": 0}


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked; see :meth:`Questions.ask`."""

    prompt: str
    inputs: dict[str, Value]
    model: str | None
    number: int
    fits: dict[str, Value]

    @property
    def digest(self) -> str:
        return encode([self.prompt, self.inputs, self.model, self.number, self.fits]).digest


class Questions:
    """Everything that the judges of one evaluation ask.

    Templates and models are read once, when they are first needed: a later change to a file does not reach them. Equal
    questions that are under way at the same time are asked once.

    Args:
        project: Whose models, store and templates are used.
        model: Alias to ask where neither scorer nor template names one; default the project's.
        memo: Whether answers of earlier evaluations are used again.
    """

    def __init__(self, project: Project, *, model: str | None = None, memo: bool = True) -> None:
        self._project = project
        self._model = model
        self._memo = project.memo() if memo else None
        self._source = QuestionSource(project.settings, lambda: project.store)
        self._closures: dict[tuple[str, str | None], Closure] = {}
        self._under_way: dict[str, asyncio.Task[Answer]] = {}

    def closure(self, prompt: str, model: str | None = None) -> Closure:
        """A question with everything that shapes its answer; its lock belongs to the suite's manifest.

        Raises:
            ReferenceNotFound: There is no such template or model.
            DefinitionError: The template is broken.
        """
        known = self._closures.get((prompt, model))
        if known is None:
            parameters = self._source.prompt(prompt).parameters
            step: dict[str, Any] = {"prompt": prompt, "with": "{{ inputs.values }}", "fits": "{{ inputs.fits }}"}
            step |= {"model": model} if model else {}
            step |= {"logprobs": True} if parameters.get("logprobs") else {}
            data = {"inputs": {"values": "object", "fits": "object"}, "steps": {"ask": step}}
            root = ChainDefinition.from_data(data, f"judge/{Reference.parse(prompt).name}")
            known = self._project.closure(root, self._source, self._model)
            self._closures[prompt, model] = known
        return known

    async def ask(
        self,
        prompt: str,
        inputs: Mapping[str, Value],
        *,
        model: str | None = None,
        number: int = 0,
        fits: Mapping[str, Value] | None = None,
    ) -> Answer:
        """Asks; see :meth:`genops.evals.sample.ScoringContext.ask`.

        A template that declares the input ``fence`` gets the code of the fence in it, and its other inputs such that
        nothing in them can break that fence.

        Raises:
            NoAnswer: The model cannot be reached.
            UnusableAnswer: The answer does not fit the schemas after its re-asks.
            UsageError: There is no such template or model, or the inputs do not fit it.
        """
        return await on_loop(self._once(_Question(prompt, dict(inputs), model, number, dict(fits or {}))))

    async def _once(self, question: _Question) -> Answer:
        key = question.digest
        task = self._under_way.get(key)
        if task is not None:
            try:
                return replace(await asyncio.shield(task), **_FREE)
            except NotAnswered as error:
                again = copy(error)
                again.used = error.used and replace(error.used, **_FREE)
                raise again from error
        task = self._under_way[key] = asyncio.create_task(self._ask(question))
        task.add_done_callback(lambda done: self._forget(key, done))
        return await asyncio.shield(task)

    def _forget(self, key: str, task: asyncio.Task[Answer]) -> None:
        """Lets go of a question that is done; who asked it may have gone, and its failure is nobody's then."""
        del self._under_way[key]
        if not task.cancelled():
            task.exception()

    async def _ask(self, question: _Question) -> Answer:
        closure = self.closure(question.prompt, question.model)
        template = closure.prompts[question.prompt]
        alias, ended = question.model or closure.model_for(template), list[RunRecord]()
        options = RunOptions(
            mode="eval",
            reference=question.prompt,
            tags=("judge",),
            memo=self._memo,
            repeat=question.number,
            on_finish=lambda record, spans, payload: ended.append(record),
        )

        def failed(cause: GenopsError, error: NotAnswered) -> NotAnswered:
            error.run = cause.run
            error.used = _used(ended[-1], template, alias) if ended else None
            return error

        try:
            inputs: dict[str, Value] = {"values": fenced(template, question.inputs), "fits": question.fits}
            result = await run_chain(self._project, closure, inputs, options)
        except OutputInvalid as error:
            raise failed(error, UnusableAnswer(f"the judge's answer is no verdict: {error.message}")) from error
        except (InputError, DefinitionError):
            raise
        except (ModelError, StepTimeout, StoreError, UsageError) as error:  # of the last a key that is not set
            raise failed(error, NoAnswer(f"the judge gave no answer: {error.message}", hint=error.hint)) from error
        return _answer(result, template, alias)


async def ask(
    project: Project, prompt: str, inputs: Mapping[str, Value], *, model: str | None = None, number: int = 0
) -> Answer:
    """Asks one question outside of an evaluation; raises as :meth:`Questions.ask`."""
    return await Questions(project).ask(prompt, inputs, model=model, number=number)


def fenced(template: Prompt, inputs: dict[str, Value]) -> dict[str, Value]:
    """The inputs of a template, with the fence that it declares; as they are where it declares none."""
    if FENCE not in template.inputs.names():
        return inputs
    return {**{name: harmless(value) for name, value in inputs.items()}, FENCE: fence_code(inputs)}


def _answer(result: RunResult, template: Prompt, model: str) -> Answer:
    value, logprobs = result.output, None
    if template.parameters.get("logprobs"):
        value, logprobs = value["value"], value["logprobs"]
    return replace(_used(result.record, template, model), value=value, logprobs=logprobs or {})


def _used(record: RunRecord, template: Prompt, model: str) -> Answer:
    """What a question took, before anything is made of its answer."""
    return Answer(
        value=None,
        run=record.id,
        prompt=template.component.digest,
        model=model,
        cost=record.cost,
        input_tokens=record.input_tokens,
        output_tokens=record.output_tokens,
    )
