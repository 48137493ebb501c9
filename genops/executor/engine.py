"""Runs a chain: opens the record, runs the block, closes the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from genops.errors import GenopsError
from genops.executor.attempts import run_step
from genops.executor.closure import Closure
from genops.executor.effects import Effects, Live
from genops.executor.memo import Memo
from genops.executor.project import Project
from genops.executor.run import Run, recording
from genops.executor.schedule import Frame, run_block
from genops.store.records.runs import RunRecord
from genops.syntax import Expression
from genops.tracing import telemetry
from genops.tracing.recorder import OnFinish, Recorder


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run is made.

    Attributes:
        mode: What it is for.
        reference: How the chain was referred to.
        session: Groups runs of one conversation.
        user: Whom it was for.
        tags: Free marks.
        origin: The run that it repeats.
        use_cache: Whether the response cache may answer model calls.
        memo: Results of earlier runs that may be reused.
        repeat: Number of the repetition, from 0: repetitions share neither a memo's results nor cached answers.
        effects: The world, or a record of it.
        on_text: Gets the output's text as it is made, when it can be streamed.
        traceparent: Trace id and span id that the run belongs to.
        on_finish: Gets the run's record and its spans when it ends.
    """

    mode: Literal["run", "batch", "replay", "eval", "fuzz"] = "run"
    reference: str = ""
    session: str | None = None
    user: str | None = None
    tags: tuple[str, ...] = ()
    origin: str | None = None
    use_cache: bool = False
    memo: Memo | None = None
    repeat: int = 0
    effects: Effects = field(default_factory=Live)
    on_text: Callable[[str], None] | None = None
    traceparent: tuple[str, str] | None = None
    on_finish: OnFinish | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run gave.

    Attributes:
        output: The chain's output.
        record: The run's record: id, tokens, cost, times.
    """

    output: Any
    record: RunRecord

    @property
    def id(self) -> str:
        """The run's id, which names its trace."""
        return self.record.id


async def run_chain(
    project: Project, closure: Closure, inputs: Mapping[str, Any], options: RunOptions | None = None
) -> RunResult:
    """Runs a chain once.

    Args:
        project: Whose store, gateway and redaction are used.
        closure: The chain, resolved.
        inputs: Checked against the chain's declaration before anything is recorded.
        options: See :class:`RunOptions`.

    Raises:
        InputError: The inputs do not fit.
        GenopsError: A step failed; ``error.run`` is the id of the recorded run.
    """
    options = options or RunOptions()
    values = closure.root.inputs.validate(inputs)
    project.store.writer.closure(closure.lock, closure.components)
    recorder = _recorder(project, closure, options)
    definition = closure.root
    run = Run(
        settings=project.settings,
        closure=closure,
        recorder=recorder,
        gateway=project.gateway,
        effects=options.effects,
        run_step=run_step,
        memo=options.memo,
        repeat=options.repeat,
        use_cache=options.use_cache,
        stream_path=streamed_step(closure) if options.on_text else None,
        on_text=options.on_text,
        embed=project.vectors,
        searched=project.searched,
    )
    root = recorder.start(
        "chain", definition.name, "", None, attributes=telemetry.chain_attributes(recorder.run, recorder.parent_span)
    )
    try:
        with recording(recorder, root):
            recorder.set_inputs(values)
            root.input = recorder.run.inputs
            frame = Frame(run, closure, root, "", {"inputs": values, "steps": {}})
            output = await run_block(definition.block, frame)
            digest = recorder.keep(output)
            root.patch = [{"op": "add", "path": "/output", "value": {"$payload": digest}}]
            recorder.end(root, output=digest)
    except BaseException as error:
        recorder.finish("error" if isinstance(error, Exception) else "cancelled", error=error)
        if isinstance(error, GenopsError):
            error.run = recorder.run.id
        raise
    recorder.finish("ok", output)
    return RunResult(output, recorder.run)


def _recorder(project: Project, closure: Closure, options: RunOptions) -> Recorder:
    return project.recorder(
        closure.root.name,
        joined=options.traceparent,
        on_finish=options.on_finish,
        reference=options.reference or closure.root.name,
        lock=closure.lock.digest,
        mode=options.mode,
        origin=options.origin,
        session=options.session,
        user=options.user,
        tags=sorted(set(options.tags)),
    )


def streamed_step(closure: Closure) -> str | None:
    """The step whose text may be shown while it is made: the output is its text and nothing after it can change that.

    None when the output is anything but one prompt step's output, or that step has a schema, tools, retries or
    fallbacks, which could take words back that were shown.
    """
    block = closure.root.block
    if not isinstance(block.output, Expression):
        return None
    source = block.output.source.replace(" ", "")
    name = next((name for name in block.nodes if source == f"{{{{steps.{name}.output}}}}"), None)
    if name is None:
        return None
    step = block.nodes[name].step
    prompts = [closure.prompts[need.reference] for need in step.needs() if need.kind == "prompt"]
    plain = step.kind == "prompt" and step.retry is None and not step.fallback
    return name if plain and all(prompt.output is None and not prompt.tools for prompt in prompts) else None
