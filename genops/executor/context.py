"""The step context that runs for real: every effect through the run's gateway, tools and indexes, on record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from genops.artifacts import Reference, Value, normalise
from genops.chains import Block, ChainDefinition, Tool
from genops.errors import OutputInvalid, UsageError
from genops.executor.calls import recorded_response, request_value, response_value
from genops.executor.run import Run, recording
from genops.executor.schedule import Frame, run_block
from genops.index_settings import search_settings
from genops.models import Call, Model, ModelRequest, ModelResponse
from genops.prompts import Prompt
from genops.settings import Settings
from genops.steps.prompt import ask_for, prompt_request
from genops.store.records.runs import SpanRecord
from genops.tracing import telemetry
from genops.tracing.context import traceparent


@dataclass(slots=True)
class ExecutionContext:
    """One step, or one scope of a step, at work.

    Attributes:
        run: What the whole run shares.
        frame: Where the step stands: variables, enclosing span.
        path: Its position, with attempt and fallback marks.
        span: Its own span.
        inputs: Its evaluated fields.
        model_override: Alias that a fallback put in force.
    """

    run: Run
    frame: Frame
    path: str
    span: SpanRecord
    inputs: dict[str, Any] = field(default_factory=dict)
    model_override: str | None = None

    @property
    def settings(self) -> Settings:
        """The project's settings."""
        return self.run.settings

    def evaluate(self, value: Any, extra: Mapping[str, Any] | None = None) -> Any:
        """A compiled value's value under the step's variables; ``now()`` in it is an effect."""
        return self.frame.evaluate(value, self.path, self.span, extra)

    def prompt(self, reference: str) -> Prompt:
        """A template of the closure, named on the step's span."""
        prompt = self.frame.closure.prompts[reference]
        examples = prompt.examples.digest if prompt.examples is not None else None
        self.span.attributes.update(
            telemetry.prompt_attributes(
                name=prompt.name,
                version=Reference.parse(reference).selector or None,
                digest=prompt.component.digest,
                examples=examples,
            )
        )
        return prompt

    def model(self, alias: str | None) -> Model:
        """A model of the closure."""
        return self.frame.closure.models[self.model_override or alias or self.frame.closure.default_model]

    def tool(self, name: str) -> Tool:
        """A tool of the closure."""
        return self.frame.closure.tools[name]

    def chain(self, reference: str) -> ChainDefinition:
        """A chain of the closure."""
        return self.frame.closure.definition(reference)

    def embed(self, texts: list[str]) -> Any:
        """Vectors of texts by the project's embedder."""
        if self.run.embed is None:
            raise UsageError("this run has no embedder")
        return self.run.embed(texts)

    async def call_model(
        self, model: Model, request: ModelRequest, label: str = "model", turn: int = 0
    ) -> ModelResponse:
        """Calls a model through the gateway, or gives its recorded answer."""
        attributes = telemetry.model_request_attributes(
            alias=model.name,
            provider=model.provider,
            model=model.model_id,
            digest=model.component.digest,
            parameters=request.parameters,
            json_output=request.response_format is not None,
            adapter=model.alias.adapter,
            adapter_digest=model.adapter.digest if model.adapter is not None else None,
        )
        perform = partial(self._asked, model, request, turn)
        value = await self.run.effect(
            "model", model.name, f"{self.path}/{label}", self.span, request_value(model, request), perform, attributes
        )
        return recorded_response(value)

    async def _asked(self, model: Model, request: ModelRequest, turn: int, span: SpanRecord) -> Value:
        """A model's answer as it is recorded; the run's account and the span have it too."""
        run = self.run
        headers = {"traceparent": traceparent(run.recorder, span)}
        on_text = run.on_text if self.path == run.stream_path else None
        call = Call(headers=headers, on_text=on_text, turn=turn, repeat=run.repeat)
        response = await run.gateway.call(model, request, call, use_cache=run.use_cache)
        self._account(span, response)
        return response_value(response)

    def _account(self, span: SpanRecord, response: ModelResponse) -> None:
        run = self.run.recorder.run
        run.model_calls += 1
        run.input_tokens += response.usage.input_tokens or 0
        run.output_tokens += response.usage.output_tokens or 0
        run.cost = None if run.cost is None or response.cost is None else run.cost + response.cost
        span.attributes.update(
            telemetry.model_response_attributes(
                model=response.model,
                response_id=response.response_id,
                finish_reason=response.finish_reason,
                input_tokens=response.usage.input_tokens,
                output_tokens=response.usage.output_tokens,
                cached_input_tokens=response.usage.cached_input_tokens,
                cost=response.cost,
                time_to_first_token=response.time_to_first_token,
                fingerprint=response.fingerprint,
                cached=response.cached,
            )
        )
        span.attributes.update(telemetry.engine_attributes(response.engine))
        if response.attempts:
            span.attributes["genops.attempts"] = response.attempts
        for name, value in response.extra.items():
            span.attributes[f"genops.model.{name}"] = value

    async def call_tool(self, name: str, arguments: Mapping[str, Value], label: str | None = None) -> Value:
        """Calls a tool, or gives its recorded result."""
        tool = self.tool(name)
        request: dict[str, Value] = {"tool": tool.component.digest, "arguments": dict(arguments)}
        attributes = telemetry.tool_attributes(name=name, description=tool.description)
        attributes[telemetry.COMPONENT_DIGEST] = tool.component.digest
        path = f"{self.path}/{label or name}"
        return await self.run.effect("tool", name, path, self.span, request, lambda _: tool.call(arguments), attributes)

    async def retrieve(
        self,
        index: str,
        query: str | list[str],
        k: int,
        label: str = "search",
        *,
        where: Mapping[str, Value] | None = None,
        search: Mapping[str, Value] | None = None,
    ) -> list[dict[str, Value]]:
        """Searches an index, or gives the recorded hits."""
        handle = self.frame.closure.indexes[index]

        async def perform(span: SpanRecord) -> Value:
            opened = await asyncio.to_thread(handle.open)
            how = search_settings(opened.settings, search or {})
            hits = await opened.asearch(query, k, where=where, how=how)
            self.run.searched.set()
            span.attributes.update(
                telemetry.retrieval_attributes(
                    index=index,
                    snapshot=opened.snapshot,
                    k=k,
                    hits=[(hit.chunk_id, hit.score) for hit in hits],
                    stale=[hit.uri for hit in hits if hit.stale],
                )
            )
            return normalise(hits)

        request: dict[str, Value] = {"index": handle.component.digest, "query": query, "k": k}  # type: ignore[dict-item]
        if where:
            request["where"] = dict(where)
        if search:
            request["search"] = dict(search)
        path = f"{self.path}/{label}"
        attributes = telemetry.retrieval_attributes(index=index, k=k)
        attributes[telemetry.COMPONENT_DIGEST] = handle.component.digest
        found = await self.run.effect("retrieve", index, path, self.span, request, perform, attributes)
        return [hit for hit in found if isinstance(hit, dict)] if isinstance(found, list) else []

    async def effect(self, label: str, request: Value, perform: Callable[[dict[str, str]], Awaitable[Value]]) -> Value:
        """Any other effect."""

        async def with_headers(span: SpanRecord) -> Value:
            return await perform({"traceparent": traceparent(self.run.recorder, span)})

        attributes: dict[str, Any] = {}
        if isinstance(request, dict) and isinstance(request.get("url"), str):
            attributes = telemetry.http_attributes(method=str(request["method"]), url=str(request["url"]))
        path = f"{self.path}/{label}"
        return await self.run.effect("http", label, path, self.span, request, with_headers, attributes)

    async def score(self, judge: str, value: Value, model: str | None = None, label: str = "judge") -> float:
        """A judge's score of a value, 0 to 1."""
        prompt = self.prompt(judge)
        asked = self.model(model or prompt.model_alias)
        messages = prompt.render({"value": value}, self.embed)
        answer, _ = await ask_for(self, prompt, asked, prompt_request(self, prompt, asked, messages, {}), label)
        score = answer.get("score") if isinstance(answer, dict) else None
        if not isinstance(score, (int, float)) or not 0 <= score <= 1:
            raise OutputInvalid(
                f"the judge {prompt.name!r} gave no score from 0 to 1",
                hint="its template declares an output with a float `score`",
            )
        return float(score)

    def note(self, attributes: Mapping[str, Any]) -> None:
        """Adds attributes to the step's span."""
        self.span.attributes.update(attributes)

    async def run_chain(self, reference: str, inputs: Mapping[str, Value], label: str = "") -> Value:
        """Runs a chain of the closure below this step."""
        definition = self.chain(reference)
        values = definition.inputs.validate(inputs)
        async with self.scope(f"/{label or definition.name}", values) as scope:
            variables: dict[str, Any] = {"inputs": values, "steps": {}}
            closure = self.frame.closure.inside(reference)
            frame = Frame(self.run, closure, scope.span, f"{scope.path}/", variables)
            value = await run_block(definition.block, frame)
            scope.finish(value)
            return value

    async def run_block(self, block: Block, segment: str, variables: Mapping[str, Any]) -> Value:
        """Runs a nested block in a scope of its own; it sees the variables and the steps done around it."""
        async with self.scope(segment, dict(variables)) as scope:
            inner = {**self.frame.variables, **variables, "steps": dict(self.frame.variables["steps"])}
            frame = Frame(self.run, self.frame.closure, scope.span, f"{scope.path}/", inner)
            value = await run_block(block, frame)
            scope.finish(value)
            return value

    @asynccontextmanager
    async def scope(self, segment: str, state: Mapping[str, Value]) -> AsyncIterator[ScopeContext]:
        """Opens a scope whose state is recorded; its changes count towards the step's state too."""
        recorder = self.run.recorder
        path = f"{self.path}{segment}"
        kept = recorder.keep(dict(state))
        span = recorder.start("scope", segment.lstrip("/"), path, self.span, input=kept)
        scope = ScopeContext(self.run, self.frame, path, span, self.inputs, self.model_override)
        with recording(recorder, span):
            yield scope
            span.patch = scope.changes or None
            recorder.end(span, output=recorder.keep(scope.output))


@dataclass(slots=True)
class ScopeContext(ExecutionContext):
    """A scope of a step: an item, a round, a turn, a sub-chain."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    output: Value = None

    def change(self, operations: list[dict[str, Any]]) -> None:
        """Records a change to the step's state; values are stored once, as payloads."""
        for operation in operations:
            if "value" in operation:
                digest = self.run.recorder.keep(normalise(operation["value"]))
                self.changes.append({**operation, "value": {"$payload": digest}})
            else:
                self.changes.append(operation)

    def finish(self, output: Value) -> None:
        """Sets what the scope gave."""
        self.output = output
