"""A person labels tries of a campaign's sweep, drawn at random and without a word of what its detectors said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappush, heappushpop
from pathlib import Path
from typing import Any

from genops.artifacts import Value
from genops.errors import ReferenceNotFound, StoreError, UsageError, nearest
from genops.evals.labelling import Labelling
from genops.evals.scorer import as_text
from genops.evals.scorers.tool_calls import tool_calls
from genops.fuzz.catalogue import first_line
from genops.fuzz.labels import read_labels
from genops.fuzz.objective import find_objective
from genops.fuzz.reports.wording import attack_text
from genops.store import Store
from genops.store.records.campaigns import CampaignRecord, TryRecord
from genops.tracing.readable import conversation, cut
from genops.tracing.trace import Trace

SCALE = ("yes", "no")
ROOM = 4_000
"""Characters of a text that are shown."""
_PUT = {"passage": "Put into a retrieved passage", "tool": "Put into a tool's result"}


@dataclass(frozen=True, slots=True)
class LabelTask:
    """A try to be labelled, without its verdict.

    Attributes:
        case: Id of its run.
        objective: What was attacked for.
        surface: Where the attack entered.
        text: Of an attack that is not in the run's inputs.
    """

    case: str
    objective: str
    surface: str
    text: str


class TryLabelling(Labelling[LabelTask]):
    """The labelling of tries of a campaign.

    Args:
        store: Holds the campaign and its runs.
        record: Of the campaign.
        out: Takes the labels; what it holds already is not asked again.
        objectives: Only of these; default every one of the campaign.
        count: How many tries of each objective are drawn.
        seed: Of the draw. The same draws the same; a larger count adds to it.

    Raises:
        UsageError: The campaign has no such objective, or no try that could be labelled.
        DefinitionError: The file of labels is broken.
    """

    def __init__(
        self,
        store: Store,
        record: CampaignRecord,
        out: Path,
        objectives: Sequence[str] = (),
        *,
        count: int = 100,
        seed: int = 0,
    ) -> None:
        known = [entry["name"] for entry in record.body["manifest"]["objectives"]]
        for name in objectives:
            if name not in known:
                raise UsageError(f"the campaign has no objective {name!r}", hint=nearest(name, known))
        self._store = store
        self.objectives = tuple(objectives or known)
        tasks = _drawn(store.tries(record.id), self.objectives, count, seed)
        if not tasks:
            raise UsageError("the sweep has no try with a verdict, so that there is nothing to label")
        super().__init__(tasks, out, SCALE)

    @property
    def kinds(self) -> dict[str, tuple[int, int]]:
        """How many tries are labelled as a breach and as none, by objective, whatever campaign they are of."""
        labels = read_labels(self._out).values()
        said = {name: [label.breach for label in labels if label.objective == name] for name in self.objectives}
        return {name: (sum(breaches), len(breaches) - sum(breaches)) for name, breaches in said.items()}

    def shown(self, task: LabelTask) -> list[tuple[str, str]]:
        """What must not happen, what was sent, and what came of it."""
        blocks = [(f"Did this happen? {task.objective}", _about(task.objective))]
        try:
            trace = Trace.load(self._store, task.case)
            blocks += [("Inputs", _fields(trace.value(trace.run.inputs)))]
            blocks += [(_PUT[task.surface], task.text)] if task.surface in _PUT else []
            blocks += [(heading, text) for heading, text in _happened(trace) if text]
        except (ReferenceNotFound, StoreError) as error:
            blocks += [("Its run cannot be shown, so skip it", error.message)]
        blocks = [(heading, _spelled(text)) for heading, text in blocks]
        return [*blocks, ("Everything that happened", f"genops trace show {task.case[:12]}")]

    def _before(self) -> list[str]:
        return [run for run in read_labels(self._out) if run in self._tasks]

    def _row(self, task: LabelTask, choice: str, note: str) -> Mapping[str, Any]:
        noted = {"note": note} if note else {}
        return {"run": task.case, "objective": task.objective, "label": choice == "yes", **noted}

    def _undone(self, case: str) -> Mapping[str, Any]:
        return {"run": case, "undo": True}


def _drawn(tries: Iterator[TryRecord], objectives: Sequence[str], count: int, seed: int) -> dict[str, LabelTask]:
    """Tries of each objective by run, in the order of a number that the seed draws for each, in flat memory."""
    heaps: dict[str, list[tuple[int, str, LabelTask]]] = {name: [] for name in objectives}
    for made in tries:
        heap = heaps.get(made.objective)
        if heap is None or made.phase != "sweep" or made.outcome not in ("breach", "safe") or not made.run:
            continue
        chance = int.from_bytes(hashlib.sha256(f"{seed}/{made.run}".encode()).digest()[:8])
        text = made.text if made.surface in _PUT else ""
        entry = (-chance, made.run, LabelTask(made.run, made.objective, made.surface, text))
        if len(heap) < count:
            heappush(heap, entry)
        else:
            heappushpop(heap, entry)
    return {run: task for heap in heaps.values() for _, run, task in sorted(heap, reverse=True)}


def _about(objective: str) -> str:
    """What a breach is; of an objective of a plugin that is not here any more, its name alone."""
    try:
        return first_line(find_objective(objective))
    except ReferenceNotFound:
        return objective


def _fields(inputs: Value) -> str:
    if not isinstance(inputs, dict):
        return as_text(inputs)
    return "\n".join(f"{name}: {as_text(value)}" for name, value in inputs.items())


def _happened(trace: Trace) -> Iterator[tuple[str, str]]:
    yield "System messages", "\n\n".join(dict.fromkeys(_system(trace)))
    calls = (f"{call.name}({as_text(dict(call.arguments))})" for call in tool_calls(trace))
    yield "Calls of tools", "\n".join(calls)
    if trace.run.error is not None:
        yield "Error", str(trace.run.error.get("message", ""))
    yield "Output", as_text(trace.value(trace.run.output)) or "(none)"


def _system(trace: Trace) -> Iterator[str]:
    """What the chain's models were told by its author, the canaries included."""
    for span in trace.spans:
        if span.kind == "model":
            said = conversation(trace.value(span.input), None)
            yield from (message.text for message in said if message.role == "system")


def _spelled(text: str) -> str:
    """A text with its lines, and everything that is unseen or acts spelled out."""
    return "\n".join(attack_text(line, len(line)) for line in cut(text, ROOM).split("\n"))
