"""The memo: results of steps reused across runs (DESIGN, contract 5). A cache; replay does without it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain as chain_of
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from genops.artifacts import Value, decode, digest_of, payload_bytes
from genops.chains import ChainDefinition, Node, Step
from genops.errors import StoreUnavailable
from genops.executor.closure import Closure
from genops.models import provider_name
from genops.store.records.caches import MemoEntry

if TYPE_CHECKING:
    from genops.executor.context import ExecutionContext

Kept: TypeAlias = tuple[MemoEntry, bytes]
_GROUP = 32
"""Hexadecimal digits at the beginning of a key that say which step it is of, made of what."""
_BITS = 24
"""What was made is remembered in so many bits of a key: two that share them cost a lookup in vain, and no memory."""


class MemoStore(Protocol):
    """Where results are kept."""

    def memo_results(self, keys: Sequence[str]) -> dict[str, tuple[MemoEntry, bytes]]:
        """The results among some keys, each with its payload."""
        ...

    def memo_has(self, beginning: str) -> bool:
        """Whether there is any result whose key begins so."""
        ...

    def memo_put(self, key: str, entry: MemoEntry) -> None:
        """Keeps a result."""
        ...


class Lookups:
    """Looks up results for many runs at once: what is asked for while one query is under way goes into the next.

    Of a step of which the store had nothing when it was first asked for, only what was made here since is asked for.

    Args:
        store: Where results are.
    """

    def __init__(self, store: MemoStore) -> None:
        self._store = store
        self._asked: list[tuple[str, asyncio.Future[Kept | None]]] = []
        self._asking: asyncio.Task[None] | None = None
        self._known: set[str] = set()
        self._new: set[str] = set()
        self._made = bytearray(1 << _BITS >> 3)

    async def find(self, key: str) -> Kept | None:
        """A kept result with its payload; None too while the store cannot be asked."""
        place, bit = _bit(key)
        if key[:_GROUP] in self._new and not self._made[place] & bit:
            return None
        found: asyncio.Future[Kept | None] = asyncio.get_running_loop().create_future()
        self._asked.append((key, found))
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await found

    def made(self, key: str) -> None:
        """Notes that there is a result now."""
        place, bit = _bit(key)
        self._made[place] |= bit

    async def _ask(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, []
            kept: dict[str, Kept] = {}
            failure: Exception | None = None
            try:
                kept = await asyncio.to_thread(self._look, [key for key, _ in asked])
            except StoreUnavailable:
                pass
            except Exception as error:
                failure = error
            for key, found in asked:
                if found.done():  # whoever asked was cancelled
                    continue
                if failure is not None:
                    found.set_exception(failure)
                else:
                    found.set_result(kept.get(key))

    def _look(self, keys: list[str]) -> dict[str, Kept]:
        kept = self._store.memo_results(keys)
        for group in {key[:_GROUP] for key in keys} - self._known:
            if not self._store.memo_has(group):
                self._new.add(group)
            self._known.add(group)
        return kept


def _bit(key: str) -> tuple[int, int]:
    """The byte and the bit of it that stand for a key."""
    number = int(key[-_BITS // 4 :], 16)
    return number >> 3, 1 << (number & 7)


@dataclass(frozen=True, slots=True)
class Memo:
    """Reuse of results by step digest, component digests, input and repeat number.

    Attributes:
        store: Keeps results.
        secret: Keys the hash of raw inputs, so that a stored key tells nothing of them.
        lookups: Of everything that reads it.
    """

    store: MemoStore
    secret: bytes
    lookups: Lookups = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "lookups", Lookups(self.store))

    async def through(self, node: Node, context: ExecutionContext, perform: Callable[[], Awaitable[Value]]) -> Value:
        """A step's kept result, or a new one, which is kept if it may be.

        Writes, fallback results, failures and what redaction has changed are never kept.
        """
        closure, recorder = context.frame.closure, context.run.recorder
        if not may_keep(node, closure):
            return await perform()
        key = self.key(node, context.frame.variables, closure, context.run.repeat)
        kept = await self.lookups.find(key)
        if kept is not None:
            entry, data = kept
            mark_hit(node, context)
            context.span.attributes["genops.memo.run"] = entry.run
            context.span.attributes["genops.memo.path"] = entry.path
            return decode(data)
        value = await perform()
        if context.path not in context.run.unkept:
            digest = recorder.keep(value)
            if digest not in recorder.redacted:
                self.store.memo_put(key, MemoEntry(digest, recorder.run.id, context.span.path))
                self.lookups.made(key)
        return value

    def key(self, node: Node, variables: dict[str, Any], closure: Closure, repeat: int = 0) -> str:
        """The key of a step's result: what it is, what it runs with, what it reads, and which repetition it is."""
        group = made_of(node, closure)[:_GROUP]
        seen: list[Value] = [_look(variables, root, name) for root, name in node.reads]
        hashed = hashlib.blake2b(
            payload_bytes(seen),
            digest_size=32,
            key=self.secret,
            salt=bytes.fromhex(group),
            person=repeat.to_bytes(hashlib.blake2b.PERSON_SIZE),
        )
        return group + hashed.hexdigest()


def _look(variables: dict[str, Any], root: str, name: str | None) -> Value:
    value = variables.get(root)
    if name is None or not isinstance(value, dict):
        return value
    return value.get(name)


def mark_hit(node: Node, context: ExecutionContext) -> None:
    """Notes on a step's span that its result was reused, and what that was made of, for replays with swaps."""
    context.span.attributes["genops.memo.hit"] = True
    context.span.attributes["genops.memo.made_of"] = made_of(node, context.frame.closure)


def made_of(node: Node, closure: Closure) -> str:
    """Digest of a step's definition and of every component that it runs with."""
    known = closure.made_of.get(node.digest)
    if known is None:
        components = {digest for step, inside in below(node.step, closure) for digest in _digests(step, inside)}
        known = closure.made_of[node.digest] = digest_of({"step": node.digest, "components": sorted(components)})
    return known


def below(step: Step, closure: Closure) -> Iterator[tuple[Step, Closure]]:
    """A step and every step inside of it, those of fallbacks and sub-chains included, each with its closure."""
    yield step, closure
    for fallback in step.fallback:
        if fallback.step is not None:
            yield from below(fallback.step, closure)
    for _, block in step.blocks():
        for node in block.nodes.values():
            yield from below(node.step, closure)
    for definition, inside in _chains(step, closure):
        for node in definition.block.nodes.values():
            yield from below(node.step, inside)


def _chains(step: Step, closure: Closure) -> Iterator[tuple[ChainDefinition, Closure]]:
    for need in step.needs():
        if need.kind == "chain":
            yield closure.definition(need.reference), closure.inside(need.reference)


def may_keep(node: Node, closure: Closure) -> bool:
    """Whether a step's results may be reused: it asks for that, and neither writes nor reads the clock."""
    known = closure.may_keep.get(node.digest)
    if known is None:
        timeless = node.step.cache and not tells_time(node, closure)
        known = closure.may_keep[node.digest] = timeless and not writes(node.step, closure)
    return known


def writes(step: Step, closure: Closure) -> bool:
    """Whether a step, or anything inside of it, writes."""
    return any(_writes(inner, inside) for inner, inside in below(step, closure))


def _writes(step: Step, closure: Closure) -> bool:
    tools = (closure.tools[need.reference] for need in step.needs() if need.kind == "tool")
    return step.does == "write" or (step.effect is None and any(tool.effect == "write" for tool in tools))


def tells_time(node: Node, closure: Closure) -> bool:
    """Whether a step, or anything inside of it, reads the clock."""
    chains = (chain for step, inside in below(node.step, closure) for chain, _ in _chains(step, inside))
    reads = chain_of([node.outer], (chain.block.outer for chain in chains))
    return any(read.root == "now" for each in reads for read in each)


def _digests(step: Step, closure: Closure) -> Iterator[str]:
    """Digests of the components that a step itself refers to, of the code that runs it and of what renders them."""
    yield closure.components[0].digest
    yield from closure.code_digests("step", step.kind)
    for need in step.needs():
        if need.kind == "prompt":
            prompt = closure.prompts[need.reference]
            yield prompt.component.digest
            yield from (part.digest for part in prompt.partials)
            if prompt.examples is not None:
                yield prompt.examples.digest
            yield from _of_model(closure.model_for(prompt), closure)
            yield from (closure.tools[name].component.digest for name in prompt.tools)
        elif need.kind == "model":
            yield from _of_model(need.reference, closure)
        elif need.kind == "index":
            handle = closure.indexes[need.reference]
            yield handle.component.digest
            yield from (digest for kind, name in handle.code for digest in closure.code_digests(kind, name))
        elif need.kind == "tool":
            yield closure.tools[need.reference].component.digest
    for definition, _ in _chains(step, closure):
        yield definition.component.digest


def _of_model(alias: str, closure: Closure) -> Iterator[str]:
    model = closure.models[alias]
    yield model.component.digest
    yield from closure.code_digests("provider", provider_name(model))
