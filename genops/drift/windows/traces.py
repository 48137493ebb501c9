"""Recorded runs as observations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from genops.artifacts import Component, Value, decode, short
from genops.drift.windows.observation import Observation, Wants
from genops.drift.windows.reference import Sources
from genops.errors import ReferenceNotFound, UsageError, nearest
from genops.evals.datasets.sources.traces import TraceQuery
from genops.evals.scorers.span_view import SpanView
from genops.evals.subject import step_outputs
from genops.store.records.runs import RunFilter, RunRecord
from genops.tracing.trace import Trace

if TYPE_CHECKING:
    from genops.store import Store

_UNSCORED = "no monitor scored it"
_AT_ONCE, _LOOKED_AT = 500, 10_000
NOT_USERS = ("replay", "eval", "fuzz")
"""Modes of runs that no user asked for: they are compared only where they are asked for."""
SEGMENTS = ("chain", "model", "prompt")
"""Kinds of components whose versions tell rows apart without being asked for."""


@dataclass(frozen=True, slots=True)
class TraceSource:
    """Runs of a chain, oldest first.

    Attributes:
        query: Which of them; the newest where it has a limit.
        written: As people wrote it.
    """

    query: TraceQuery
    written: str

    @classmethod
    def of(cls, value: Any) -> TraceSource:
        """The source of a mapping of what a query may say, or of a chain's name.

        Raises:
            UsageError: It is no query.
        """
        keys = {"chain": value} if isinstance(value, str) else value
        try:
            query = TraceQuery.model_validate(keys)
        except ValidationError as error:
            misspelt = [one for one in error.errors() if one["type"] == "extra_forbidden"]
            first = (misspelt or error.errors())[0]
            key = str(first["loc"][0]) if first["loc"] else "traces"
            known = [name for name in TraceQuery.model_fields if name != "expected"]
            if first["type"] == "extra_forbidden":
                raise UsageError(f"traces: unknown key {key!r}", hint=nearest(key, known)) from None
            if first["type"] == "missing":
                raise UsageError(f"traces: of which chain? `{key}` is missing", hint="traces:chain=NAME") from None
            raise UsageError(f"traces: `{key}`: {first['msg']}") from None
        query.filter()
        return cls(query, ",".join(f"{key}={item}" for key, item in keys.items()))

    @property
    def name(self) -> str:
        """As people wrote it."""
        return f"traces:{self.written}"

    def observations(self, sources: Sources, wants: Wants) -> Iterator[Observation]:
        """Every run that fits; incomplete ones are left out.

        Raises:
            ReferenceNotFound: There is no such chain; with the nearest.
        """
        runs = self._runs(sources.store)
        if not runs:
            self.check(sources)
        yield from observed(sources.store, runs, wants)

    def check(self, sources: Sources) -> None:
        """Whether there is such a chain: one that ran, or a file of the project.

        Raises:
            ReferenceNotFound: There is none; with the nearest.
        """
        chain = self.query.chain
        if next(sources.store.iter_runs(RunFilter(chain=chain)), None) is None:
            folder = sources.settings.root / sources.settings.paths.chains
            known = {path.stem for path in folder.glob("*.yaml")}
            if chain not in known:
                known |= {run.chain for run in islice(sources.store.iter_runs(), _LOOKED_AT)}
                what = f"traces: no chain is called {chain!r}, and no run of one is recorded"
                raise ReferenceNotFound(what, hint=nearest(chain, known))

    def _runs(self, store: Store) -> list[RunRecord]:
        wanted, found = self.query.filter(), list[RunRecord]()
        for run in store.iter_runs(wanted):
            if wanted.mode is None and run.mode in NOT_USERS:
                continue
            found.append(run)
            if len(found) == self.query.limit:
                break
        return found[::-1]


def observed(store: Store, runs: list[RunRecord], wants: Wants) -> Iterator[Observation]:
    """Runs as observations, in their order.

    Args:
        store: Holds their payloads and spans.
        runs: What is observed; those that have not ended, or lost records, are passed over.
        wants: What of each will be read.
    """
    versions = _Versions(store)
    for start in range(0, len(runs), _AT_ONCE):
        page = [run for run in runs[start : start + _AT_ONCE] if run.ended is not None and not run.dropped]
        payloads = store.payloads(digest for run in page for digest in (run.inputs, run.output) if digest)
        scores = _scores_of(store, page) if wants.reads("scores") else None
        for run in page:
            more: dict[str, Any] = {"components": versions.of(run.lock)}
            if scores is not None:
                more["scores"] = scores.get(run.id, {})
            yield _observation(store, run, payloads, more, wants)


def _scores_of(store: Store, runs: list[RunRecord]) -> dict[str, dict[str, Any]]:
    """The values that monitors scored, by run and scorer."""
    found: dict[str, dict[str, Any]] = {}
    for one in store.monitored_runs([run.id for run in runs]):
        values = {name: score["value"] for name, score in one.scores.items() if "value" in score}
        found.setdefault(one.run, {}).update(values)
    return found


@dataclass(slots=True)
class _Versions:
    """What the components of runs are known by, read once a lock."""

    store: Store
    found: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)

    def of(self, lock: str) -> dict[str, dict[str, str]]:
        """The version of each component of a lock, by kind and name; none where the lock is not known."""
        if lock not in self.found:
            versions: dict[str, dict[str, list[str]]] = {}
            for component in self.store.components_of(lock) if lock else ():
                versions.setdefault(component.kind, {}).setdefault(component.name, []).append(_version(component))
            self.found[lock] = {
                kind: {name: " + ".join(sorted(set(each))) for name, each in named.items()}
                for kind, named in versions.items()
            }
        return self.found[lock]


def _version(component: Component) -> str:
    """The beginning of the digest; of a model also what answers, as its name stays when that is another one."""
    digest = short(component.digest)
    return f"{component.body['provider']}/{component.body['model']} {digest}" if component.kind == "model" else digest


def _observation(
    store: Store, run: RunRecord, payloads: dict[str, bytes], more: dict[str, Any], wants: Wants
) -> Observation:
    variables: dict[str, Any] = {
        **more,
        "run": {
            "id": run.id,
            "chain": run.chain,
            "reference": run.reference,
            "status": run.status,
            "seconds": run.seconds,
            "cost": run.cost,
            "input_tokens": run.input_tokens,
            "output_tokens": run.output_tokens,
            "model_calls": run.model_calls,
            "session": run.session,
            "user": run.user,
            "tags": list(run.tags),
        },
    }
    for name, digest in (("inputs", run.inputs), ("output", run.output)):
        if digest is not None and digest in payloads:
            variables[name] = _decoded(payloads[digest])
    if wants.reads("steps") or wants.reads("span") or wants.reads("spans"):
        trace = Trace(run, store.spans(run.id), store)
        trace.fetch(digest for span in trace.spans if (digest := span.output) is not None)
        views = [SpanView(trace, span) for _, span in trace.walk()]
        variables |= {"steps": step_outputs(trace), "spans": views, "span": {view.path: view for view in views}}
    return Observation(
        id=run.id[:12],
        variables=variables,
        group=run.session or "",
        time=run.started,
        run=run.id,
        lock=run.lock,
        segments={
            f"{kind} {name}": each for kind in SEGMENTS for name, each in more["components"].get(kind, {}).items()
        },
        missing=f"the run ended as {run.status}"
        if run.status != "ok"
        else _UNSCORED
        if more.get("scores") == {}
        else "",
    )


def _decoded(data: bytes) -> Value:
    try:
        return decode(data)
    except ValueError:
        return None
