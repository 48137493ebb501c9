"""The memo: results of steps reused across runs (DESIGN, contract 5). A cache; replay does without it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from genops.artifacts import Payload, Value, decode, digest_of, encode
from genops.chains import Block, Node, Step
from genops.executor.closure import Closure

if TYPE_CHECKING:
    from genops.executor.context import ExecutionContext


class MemoStore(Protocol):
    """Where results are kept."""

    def memo_get(self, key: str) -> str | None:
        """The payload digest of a result, or None."""
        ...

    def memo_put(self, key: str, payload: Payload) -> None:
        """Keeps a result."""
        ...

    def payload(self, digest: str) -> bytes | None:
        """A payload's bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Memo:
    """Reuse of results by step digest, component digests, input and repeat number.

    Attributes:
        store: Keeps results.
        secret: Keys the hash of raw inputs, so that a stored key tells nothing of them.
        repeat: Number of the repeat: repeats never share a result.
    """

    store: MemoStore
    secret: bytes
    repeat: int = 0

    async def through(self, node: Node, context: ExecutionContext, perform: Callable[[], Awaitable[Value]]) -> Value:
        """A step's kept result, or a new one, which is kept if it may be.

        Writes, fallback results, failures and what redaction has changed are never kept.
        """
        closure, span, recorder = context.frame.closure, context.span, context.run.recorder
        tells_time = any(read.root == "now" for read in node.outer)
        if not node.step.cache or tells_time or writes(node.step, closure):
            return await perform()
        key = self.key(node, context.frame.variables, closure)
        digest = await asyncio.to_thread(self.store.memo_get, key)
        data = await asyncio.to_thread(self.store.payload, digest) if digest else None
        if data is not None:
            span.attributes["genops.memo.hit"] = True
            return decode(data)
        value = await perform()
        if "genops.fallback" not in span.attributes and recorder.keep(value) not in recorder.redacted:
            await asyncio.to_thread(self.store.memo_put, key, encode(value))
        return value

    def key(self, node: Node, variables: dict[str, Any], closure: Closure) -> str:
        """The key of a step's result: what it is, what it runs with, and what it reads."""
        reads = {(read.root, read.name) for read in node.outer} | {("steps", name) for name in node.needs}
        seen: list[Value] = [[root, name or "", _look(variables, root, name)] for root, name in sorted(reads, key=str)]
        inputs = hmac.new(self.secret, encode(seen).data, hashlib.sha256).hexdigest()
        components = sorted(_digests(node.step, closure))
        return digest_of({"step": node.digest, "components": components, "inputs": inputs, "repeat": self.repeat})


def _look(variables: dict[str, Any], root: str, name: str | None) -> Value:
    value = variables.get(root)
    if name is None or not isinstance(value, dict):
        return value
    return value.get(name)


def writes(step: Step, closure: Closure) -> bool:
    """Whether a step, or anything inside of it, writes."""
    if step.does == "write":
        return True
    for need in step.needs():
        if need.kind == "tool" and closure.tools[need.reference].effect == "write" and step.effect is None:
            return True
        if need.kind == "chain":
            inner = closure.definition(need.reference)
            if _block_writes(inner.block, closure.inside(need.reference)):
                return True
    return any(_block_writes(block, closure) for _, block in step.blocks())


def _block_writes(block: Block, closure: Closure) -> bool:
    return any(writes(step, closure) for step in block.steps())


def _digests(step: Step, closure: Closure) -> Iterator[str]:
    """Digests of every component below a step, and of what renders them."""
    yield closure.components[0].digest
    for need in step.needs():
        if need.kind == "prompt":
            prompt = closure.prompts[need.reference]
            yield prompt.component.digest
            yield from (part.digest for part in prompt.partials)
            if prompt.examples is not None:
                yield prompt.examples.digest
            yield closure.models[closure.model_for(prompt)].component.digest
            yield from (closure.tools[name].component.digest for name in prompt.tools)
        elif need.kind == "model":
            yield closure.models[need.reference].component.digest
        elif need.kind == "index":
            yield closure.indexes[need.reference].component.digest
        elif need.kind == "tool":
            yield closure.tools[need.reference].component.digest
        elif need.kind == "chain":
            definition = closure.definition(need.reference)
            yield definition.component.digest
            for inner in definition.block.steps():
                yield from _digests(inner, closure.inside(need.reference))
    for _, block in step.blocks():
        for inner in block.steps():
            yield from _digests(inner, closure)
