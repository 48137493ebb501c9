"""Where attacks enter a chain that is attacked at one of its steps, and what the step is given without an attack."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from genops.artifacts import Value, encode
from genops.errors import GenopsError, Unfinished, UsageError, nearest
from genops.executor import Closure, RunOptions, on_loop, run_chain
from genops.executor.entry import Entrance, entered, entrance, input_of
from genops.store.records import RunFilter, SpanRecord
from genops.tracing.trace import Trace

if TYPE_CHECKING:
    from genops.executor import Project

_LETTERS = str.maketrans("0123456789", "ghijklmnop")
"""A tag of letters alone looks like nothing that redaction hides."""


@dataclass(frozen=True, slots=True)
class StepEntry:
    """Where attacks enter.

    Attributes:
        step: Position of the step.
        given: The fields that an attacker writes, with the text of each in a harmless run.
        run: Id of that run.
    """

    step: str
    given: Mapping[str, str]
    run: str

    @classmethod
    async def recorded(
        cls, project: Project, closure: Closure, inputs: Mapping[str, Value], step: str, timeout: float | None = None
    ) -> StepEntry:
        """What a step is given in a run of a harmless case: one that is on record, or a new one.

        Args:
            project: Where it runs.
            closure: Of the whole chain.
            inputs: The harmless case.
            step: Position of the step.
            timeout: Seconds for the run.

        Raises:
            UsageError: There is no such step, the run does not come to it, or no text is made for it.
            Unfinished: The run fails.
        """
        where = entrance(closure.root, step)
        trace = await _harmless(project, closure, closure.root.inputs.validate(inputs), timeout)
        span = next((span for span in trace.spans if _is(span, where)), None)
        if span is None:
            what = f"the step {step!r} does not run in the harmless case, so that it is not known what it is given"
            raise UsageError(what, hint="choose a case in which it runs, or another step")
        given = where.texts(await asyncio.to_thread(trace.value, span.input))
        if not given:
            what = f"no field of the step {step!r} is a text that an expression gives: an attack could not enter there"
            raise UsageError(what, hint="choose another step")
        return cls(where.position, given, trace.run.id)

    @classmethod
    def stored(cls, record: Mapping[str, Any] | None) -> StepEntry | None:
        """What :attr:`record` gave; None for a campaign against a whole chain."""
        return cls(record["step"], dict(record["given"]), record["run"]) if record else None

    def only(self, fields: Sequence[str]) -> StepEntry:
        """The same with some of its fields; with all of them where none is named.

        Raises:
            UsageError: There is no such field.
        """
        for name in fields:
            if name not in self.given:
                what = f"the step {self.step!r} has no field {name!r} that is a text and given by an expression"
                raise UsageError(what, hint=nearest(name, self.given))
        return replace(self, given={name: self.given[name] for name in fields}) if fields else self

    @property
    def record(self) -> dict[str, Value]:
        """As the record of a campaign keeps it."""
        return {"step": self.step, "given": self._pairs, "run": self.run}

    @property
    def manifest(self) -> dict[str, Value]:
        """What tries follow from: the harmless run that it was seen in is none of that."""
        return {"name": self.step, "given": encode(self._pairs).digest}

    @property
    def _pairs(self) -> list[Value]:
        """The fields in their order, which an object in a database need not have: the first one is attacked."""
        return [[name, text] for name, text in self.given.items()]

    @property
    def inputs(self) -> dict[str, Value]:
        """The inputs that the chain has for the fields, with their harmless texts."""
        return {input_of(self.step, name): text for name, text in self.given.items()}

    def apart(self, inputs: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, Value]]:
        """The inputs that the whole chain has, and what the step's fields are given, by their names."""
        given = {name: inputs[input_of(self.step, name)] for name in self.given}
        return {name: value for name, value in inputs.items() if name not in self.inputs}, given

    def into(self, closure: Closure) -> Closure:
        """The chain, entered at the step.

        Raises:
            UsageError: It has no such step or field.
        """
        return entered(closure, self.step, self.given)


def _is(span: SpanRecord, where: Entrance) -> bool:
    return span.kind in ("step", "agent") and span.input is not None and where.path.fullmatch(span.path) is not None


async def _harmless(project: Project, closure: Closure, inputs: Mapping[str, Value], timeout: float | None) -> Trace:
    """The trace of a harmless run, the last one on record where there is any.

    So a campaign that goes on has what it had before, whatever a model would answer today.

    Raises:
        Unfinished: It fails, or its trace is incomplete.
    """
    made_of = encode([closure.lock.digest, dict(inputs)]).digest
    tag = f"harmless-{made_of[:24].translate(_LETTERS)}"
    known = await asyncio.to_thread(_on_record, project, closure.root.name, tag)
    if known is not None:
        return known
    options = RunOptions(mode="fuzz", session="harmless", tags=(tag,))
    try:
        async with asyncio.timeout(timeout):
            await on_loop(run_chain(project, closure, inputs, options))
    except (GenopsError, TimeoutError) as error:
        why = error.message if isinstance(error, GenopsError) else f"it was not done within {timeout} s"
        what = f"the chain {closure.root.name!r} fails in the harmless case, before any attack: {why}"
        raise Unfinished(what) from error
    made = await asyncio.to_thread(_on_record, project, closure.root.name, tag)
    if made is None:
        raise Unfinished("the trace of the harmless run is incomplete, so that it is not known what the step is given")
    return made


def _on_record(project: Project, chain: str, tag: str) -> Trace | None:
    """The last run with a tag that was done, where its trace is complete."""
    store = project.store
    store.writer.flush(10.0)
    known = store.runs(RunFilter(chain=chain, mode="fuzz", status="ok", tag=tag), limit=1)
    return Trace.load(store, known[0].id) if known and not known[0].dropped else None
