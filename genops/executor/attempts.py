"""Runs one step: its condition, memo, attempts and fallbacks, and puts the outcome where later steps find it."""

from __future__ import annotations

import random
from collections.abc import Awaitable
from typing import Any

from genops.artifacts import Value
from genops.chains import Node, Retry, Step, StepSkipped, is_true
from genops.errors import (
    DefinitionError,
    GenopsError,
    HttpFailed,
    InputError,
    ModelTimeout,
    NotServed,
    OutputInvalid,
    RateLimited,
    ReplayDiffers,
    ServerFailed,
    ServerUnreachable,
    StepTimeout,
    StreamBroken,
    ToolError,
)
from genops.executor.context import ExecutionContext
from genops.executor.memo import made_of, mark_hit
from genops.executor.run import recording
from genops.executor.schedule import Frame, plain
from genops.models.retry import MAX_RETRY_AFTER
from genops.store.records.runs import SpanKind, SpanRecord

_CLASSES: dict[str, tuple[type[GenopsError], ...]] = {
    "timeout": (StepTimeout, ModelTimeout),
    "rate_limit": (RateLimited,),
    "server": (ServerFailed, StreamBroken),
    "connection": (ServerUnreachable, NotServed),
    "invalid_output": (OutputInvalid,),
    "tool": (ToolError,),
    "http": (HttpFailed,),
    "any": (GenopsError,),
}
_NEVER_AGAIN = (ReplayDiffers, DefinitionError, InputError)
_ONCE = Retry(attempts=1)


async def run_step(node: Node, frame: Frame) -> None:
    """Runs a step of a block and records it.

    Raises:
        GenopsError: The step failed after all attempts and fallbacks.
    """
    recorder = frame.run.recorder
    path = frame.prefix + node.name
    if recorder.is_crowded:
        await recorder.room()
    await frame.run.effects.begin(path)
    kind: SpanKind = "agent" if node.step.kind == "agent" else "step"
    attributes: dict[str, Any] = {"genops.step.kind": node.step.kind}
    span = recorder.start(kind, node.name, path, frame.span, attributes=attributes)
    context = ExecutionContext(frame.run, frame, path, span)
    with recording(recorder, span):
        try:
            if node.step.when is not None and not is_true(context.evaluate(node.step.when)):
                raise StepSkipped
            value = await _value(node, context)
        except StepSkipped:
            _leave(frame, node, span, {"status": "skipped"})
            recorder.end(span, "skipped")
            return
        except GenopsError as error:
            error.path = error.path or path
            frame.run.never_keep(path)
            await frame.run.effects.fail(path)
            raise
        digest = recorder.keep(value)
        _leave(frame, node, span, {"status": "ok", "output": {"$payload": digest}})
        frame.variables["steps"][node.name] = {"status": "ok", "output": value}
        recorder.end(span, output=digest)


def _leave(frame: Frame, node: Node, span: SpanRecord, state: dict[str, Any]) -> None:
    """Records the change to the enclosing scope's state, and shows it to later steps."""
    span.patch = [{"op": "add", "path": f"/steps/{node.name}", "value": state}]
    frame.variables["steps"][node.name] = state


def _value(node: Node, context: ExecutionContext) -> Awaitable[Value]:
    """The step's output: its own, a reused one, or that of a fallback."""
    run, span = context.run, context.span
    inputs = resolved(node.step, context)
    span.input = run.recorder.keep({name.rstrip("_"): value for name, value in inputs.items()})
    reused = run.effects.reused(context.path, span.input, lambda: made_of(node, context.frame.closure))
    if reused is not None:
        mark_hit(node, context)
        return _at_once(reused.value)
    if run.memo is None:
        return _with_fallbacks(node.step, context, inputs)
    return run.memo.through(node, context, lambda: _with_fallbacks(node.step, context, inputs))


async def _at_once(value: Value) -> Value:
    return value


def resolved(step: Step, context: ExecutionContext) -> dict[str, Any]:
    """The step's eager expression fields, evaluated."""
    return {name: context.evaluate(getattr(step, name)) for name in step.eager}


def _with_fallbacks(step: Step, context: ExecutionContext, inputs: dict[str, Any]) -> Awaitable[Value]:
    """The step's own attempts, and those of its fallbacks where it has any."""
    attempts: list[dict[str, Any]] = []
    own = _attempts(step, context, inputs, attempts, "")
    return _or_fallback(own, step, context, inputs, attempts) if step.fallback else own


async def _or_fallback(
    own: Awaitable[Value],
    step: Step,
    context: ExecutionContext,
    inputs: dict[str, Any],
    attempts: list[dict[str, Any]],
) -> Value:
    try:
        return await own
    except (ReplayDiffers, DefinitionError):
        raise
    except GenopsError as error:
        last = error
    for number, fallback in enumerate(step.fallback, start=1):
        context.span.attributes["genops.fallback"] = number
        context.run.never_keep(context.path)
        at_hand = ExecutionContext(context.run, context.frame, f"{context.path}|{number}", context.span)
        if fallback.step is None and fallback.model is None:
            await context.run.effects.attempt(context.path, at_hand.path, len(attempts) + 1)
            return at_hand.evaluate(fallback.value)  # type: ignore[no-any-return]
        other = fallback.step or step
        try:
            values = resolved(other, at_hand) if fallback.step else inputs
            return await _attempts(other, context, values, attempts, f"|{number}", fallback.model)
        except ReplayDiffers:
            raise
        except GenopsError as error:
            last = error
    raise last


async def _attempts(
    step: Step,
    context: ExecutionContext,
    inputs: dict[str, Any],
    attempts: list[dict[str, Any]],
    mark: str,
    model: str | None = None,
) -> Value:
    """Tries the step as often as its ``retry`` allows; ``attempts`` gains every failure."""
    retry = step.retry or _ONCE
    for number in range(1, retry.attempts + 1):
        path = f"{context.path}{mark}" + (f"#{number}" if number > 1 else "")
        at_work = ExecutionContext(context.run, context.frame, path, context.span, inputs, model)
        try:
            await context.run.effects.attempt(context.span.path, path, len(attempts) + 1)
            if step.timeout is None:
                return plain(await step.run(at_work))
            return await _bounded(step, step.timeout, at_work, len(attempts) + 1)
        except GenopsError as error:
            again = number < retry.attempts and _is(error, retry) and not isinstance(error, _NEVER_AGAIN)
            delay = _delay(error, retry, number) if again else 0.0
            attempts.append({**context.run.recorder.error(error), "delay": round(delay, 3)})
            context.span.attributes["genops.attempts"] = attempts
            if not again:
                raise
            await context.run.effects.pause(context.path, delay)
    raise AssertionError("a step has at least one attempt")


async def _bounded(step: Step, seconds: float, context: ExecutionContext, attempt: int) -> Value:
    """One attempt within the step's timeout; a TimeoutError that the step itself lets out counts as that too."""
    late = StepTimeout(f"not done within {seconds} s", hint="raise the step's timeout, or look at what was slow")
    try:
        async with context.run.effects.timeout(context.span.path, context.path, attempt, seconds, late.message):
            return plain(await step.run(context))
    except TimeoutError:  # whose clock it was cannot always be told: a cancellation may come after its cause is over
        raise late from None


def _is(error: GenopsError, retry: Retry) -> bool:
    return any(isinstance(error, _CLASSES[name]) for name in retry.on)


def _delay(error: GenopsError, retry: Retry, number: int) -> float:
    """Full jitter under an exponential bound; never less than the server asked for, believed up to five minutes."""
    bound = min(retry.max_delay, retry.delay * 2 ** (number - 1))
    asked: float = getattr(error, "retry_after", None) or 0.0
    return max(random.uniform(0.0, bound), min(asked, MAX_RETRY_AFTER))
