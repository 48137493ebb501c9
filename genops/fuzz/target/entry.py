"""Where attacks enter a chain that is attacked at one of its steps, and what the step is given without an attack."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from genops.artifacts import Value, encode
from genops.errors import GenopsError, Unfinished, UsageError, nearest
from genops.evals.case import Case
from genops.evals.fault import fault_of
from genops.executor import Closure, RunOptions, on_loop, run_chain
from genops.executor.entry import Entrance, entered, entrance, input_of
from genops.store.records.runs import RunFilter, RunRecord, SpanRecord
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
        given: The fields that an attacker writes, with the text of each in a harmless run, by the id of its case; every
            case has the same.
        run: Id of the first of these runs.
    """

    step: str
    given: Mapping[str, Mapping[str, str]]
    run: str

    @classmethod
    async def recorded(
        cls,
        project: Project,
        closure: Closure,
        cases: Iterable[Case],
        step: str,
        spend: Callable[[float | None, int], None],
        timeout: float | None = None,
        at_once: int = 1,
    ) -> StepEntry:
        """What a step is given in runs of harmless cases: those that are on record, or new ones.

        Cases in which it does not run, or is given no text where it is in the first one, carry no attack.

        Args:
            project: Where it runs.
            closure: Of the whole chain.
            cases: The harmless cases.
            step: Position of the step.
            spend: Told the US dollars and tokens of each new run, however it ends.
            timeout: Seconds for a run.
            at_once: Runs under way at once.

        Raises:
            UsageError: There is no such step, no run comes to it, no text is made for it, or the chain fails in a case.
            Unfinished: The infrastructure fails, or the budget is used up.
        """
        where, slots = entrance(closure, step), asyncio.Semaphore(at_once)

        async def given(case: Case) -> tuple[str, str, dict[str, str] | None]:
            async with slots:
                trace = await _harmless(project, closure, case, spend, timeout)
                return case.id, trace.run.id, await asyncio.to_thread(_given, trace, where)

        try:
            async with asyncio.TaskGroup() as runs:
                tasks = [runs.create_task(given(case)) for case in cases]
        except* GenopsError as errors:
            raise errors.exceptions[0] from None
        found = [task.result() for task in tasks]
        reached = [(case, run, texts) for case, run, texts in found if texts is not None]
        if not reached:
            whose = "the harmless case" if len(found) == 1 else f"any of {len(found):,} harmless cases"
            what = f"the step {step!r} does not run in {whose}, so that it is not known what it is given"
            raise UsageError(what, hint="choose a case in which it runs, or another step")
        _, first, fields = reached[0]
        if not fields:
            what = f"no field of the step {step!r} is a text that an expression gives: an attack could not enter there"
            raise UsageError(what, hint="choose another step")
        alike = [(case, texts) for case, _, texts in reached if fields.keys() <= texts.keys()]
        return cls(where.position, {case: {name: texts[name] for name in fields} for case, texts in alike}, first)

    @classmethod
    def stored(cls, record: Mapping[str, Any] | None) -> StepEntry | None:
        """What :attr:`record` gave; None for a campaign against a whole chain."""
        if not record:
            return None
        return cls(record["step"], {case: dict(pairs) for case, pairs in record["given"]}, record["run"])

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields that an attacker writes."""
        return tuple(next(iter(self.given.values())))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the inputs that the chain has for them."""
        return tuple(input_of(self.step, name) for name in self.fields)

    def only(self, fields: Sequence[str]) -> StepEntry:
        """The same with some of its fields; with all of them where none is named.

        Raises:
            UsageError: There is no such field.
        """
        for name in fields:
            if name not in self.fields:
                what = f"the step {self.step!r} has no field {name!r} that is a text and given by an expression"
                raise UsageError(what, hint=nearest(name, self.fields))
        given = {case: {name: texts[name] for name in fields} for case, texts in self.given.items()}
        return replace(self, given=given) if fields else self

    @property
    def record(self) -> dict[str, Value]:
        """As the record of a campaign keeps it."""
        return {"step": self.step, "given": self._pairs, "run": self.run}

    @property
    def manifest(self) -> dict[str, Value]:
        """What tries follow from: the harmless runs that it was seen in are none of that."""
        return {"name": self.step, "given": encode(self._pairs).digest}

    @property
    def _pairs(self) -> list[Value]:
        """Cases and fields in their order, which an object in a database need not have."""
        return [[case, [[name, text] for name, text in texts.items()]] for case, texts in self.given.items()]

    def inputs(self, case: str) -> dict[str, Value]:
        """The inputs that the chain has for the fields, with their harmless texts.

        Args:
            case: Its id.

        Raises:
            KeyError: It carries no attack.
        """
        return {input_of(self.step, name): text for name, text in self.given[case].items()}

    def apart(self, inputs: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, Value]]:
        """The inputs that the whole chain has, and what the step's fields are given, by their names."""
        given = {name: inputs[input_of(self.step, name)] for name in self.fields}
        return {name: value for name, value in inputs.items() if name not in self.names}, given

    def into(self, closure: Closure) -> Closure:
        """The chain, entered at the step.

        Raises:
            UsageError: It has no such step or field.
        """
        return entered(closure, self.step, self.fields)


def _given(trace: Trace, where: Entrance) -> dict[str, str] | None:
    """The texts that a step was given in a run; None where it did not run."""
    span = next((span for span in trace.spans if _is(span, where)), None)
    return None if span is None else where.texts(trace.value(span.input))


def _is(span: SpanRecord, where: Entrance) -> bool:
    return span.kind in ("step", "agent") and span.input is not None and where.path.fullmatch(span.path) is not None


async def _harmless(
    project: Project, closure: Closure, case: Case, spend: Callable[[float | None, int], None], timeout: float | None
) -> Trace:
    """The trace of a run of a harmless case, the last one on record where there is any.

    So a campaign that goes on has what it had before, whatever a model would answer today.

    Raises:
        UsageError: The chain fails in it.
        Unfinished: The infrastructure fails, or the trace is incomplete.
    """
    inputs = closure.root.inputs.validate(case.inputs)
    made_of = encode([closure.lock.digest, dict(inputs)]).digest
    tag = f"harmless-{made_of[:24].translate(_LETTERS)}"
    known = await asyncio.to_thread(_on_record, project, closure.root.name, tag)
    if known is not None:
        return known
    ended: list[RunRecord] = []
    options = RunOptions(
        mode="fuzz", session="harmless", tags=(tag,), on_finish=lambda run, spans, payload: ended.append(run)
    )
    try:
        async with asyncio.timeout(timeout):
            await on_loop(run_chain(project, closure, inputs, options))
    except (GenopsError, TimeoutError) as error:
        why = error.message if isinstance(error, GenopsError) else f"it was not done within {timeout} s"
        what = f"the chain {closure.root.name!r} fails in the harmless case {case.id!r}, before any attack: {why}"
        if ended and fault_of(ended[0]) in ("chain", "declined"):
            raise UsageError(what, hint="mend the chain, or leave the case out") from error
        raise Unfinished(what) from error
    finally:
        for run in ended:
            spend(run.cost, run.input_tokens + run.output_tokens)
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
