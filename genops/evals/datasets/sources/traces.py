"""Recorded runs as rows: what was asked, and what was answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from genops.artifacts import Value, decode, json_form
from genops.errors import Location
from genops.evals.datasets.sources.row import Row
from genops.store.records.runs import RunFilter, RunRecord, Status
from genops.syntax.moment import moment

if TYPE_CHECKING:
    from genops.store import Store

_AT_ONCE = 500


class TraceQuery(BaseModel):
    """Which runs become cases.

    Attributes:
        chain: Of one chain.
        status: That ended so.
        mode: That were for this.
        since: Started since ``7d`` ago, or an ISO 8601 time.
        until: Started before then.
        tag: With this tag.
        session: Of one session.
        user: For one user.
        text: With these words in their inputs, output or error.
        component: That ran with a component, by the beginning of its digest.
        expected: What becomes of the output: it is what is expected, or it is left out.
        limit: As many at most, newest first; None for all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    chain: str
    status: Status | None = None
    mode: Literal["run", "batch", "replay", "eval", "fuzz", "function"] | None = None
    since: str | None = None
    until: str | None = None
    tag: str | None = None
    session: str | None = None
    user: str | None = None
    text: str | None = None
    component: str | None = Field(default=None, pattern="^[0-9a-f]{4,64}$")
    expected: Literal["output"] | None = None
    limit: int | None = Field(default=None, ge=1)

    def filter(self) -> RunFilter:
        """The store's filter.

        Raises:
            UsageError: A moment cannot be read.
        """
        plain = ("chain", "status", "mode", "tag", "session", "user", "text", "component")
        return RunFilter(
            since=moment(self.since, "`since`") if self.since else None,
            until=moment(self.until, "`until`") if self.until else None,
            **{name: getattr(self, name) for name in plain},
        )


@dataclass(slots=True)
class Skipped:
    """Runs that became no row.

    Attributes:
        incomplete: Records of them were dropped, or they have not ended.
        repeated: Replays, and runs of evaluations: what they were asked comes from other runs and from datasets.
        without_output: They failed, and their output was wanted.
        unreadable: Their values are gone, or hold what a file of JSON cannot.
    """

    incomplete: int = 0
    repeated: int = 0
    without_output: int = 0
    unreadable: int = 0


def trace_rows(
    store: Store, wanted: RunFilter, skipped: Skipped, *, with_output: bool = False, limit: int | None = None
) -> Iterator[Row]:
    """A row for each run, newest first, with the inputs as they were recorded, that is, redacted.

    The id is the beginning of the run's; ``metadata`` holds the whole of it. Runs of one session are one cluster.

    Args:
        store: Where the runs are.
        wanted: Which of them; replays and runs of evaluations only where their mode is asked for.
        skipped: Is counted up.
        with_output: Whether the output is what is expected.
        limit: Rows at most; None for all.
    """
    given = 0
    for page in _paged(store.iter_runs(wanted)):
        payloads = store.payloads(digest for run in page for digest in (run.inputs, run.output) if digest)
        for run in page:
            if wanted.mode is None and run.mode in ("replay", "eval", "fuzz"):
                skipped.repeated += 1
                continue
            row = _row(run, payloads, with_output, skipped)
            if row is None:
                continue
            yield row
            given += 1
            if given == limit:
                return


def _paged(runs: Iterator[RunRecord]) -> Iterator[list[RunRecord]]:
    page: list[RunRecord] = []
    for run in runs:
        page.append(run)
        if len(page) == _AT_ONCE:
            yield page
            page = []
    yield page


def _row(run: RunRecord, payloads: dict[str, bytes], with_output: bool, skipped: Skipped) -> Row | None:
    if run.dropped or run.ended is None:
        skipped.incomplete += 1
        return None
    if with_output and run.status != "ok":
        skipped.without_output += 1
        return None
    try:
        values: dict[str, Any] = {"id": run.id[:12], "inputs": _value(payloads, run.inputs)}
        if with_output:
            values["expected"] = _value(payloads, run.output)
    except (KeyError, ValueError):
        skipped.unreadable += 1
        return None
    if not isinstance(values["inputs"], dict):
        skipped.unreadable += 1
        return None
    metadata: dict[str, Any] = {"run": run.id, "status": run.status}
    if run.tags:
        metadata["tags"] = list(run.tags)
    values["metadata"] = metadata
    if run.session:
        values["cluster"] = run.session
    return Row(Location(f"trace {run.id[:12]}"), values)


def _value(payloads: dict[str, bytes], digest: str | None) -> Value:
    """A payload's value.

    Raises:
        KeyError: It is not stored.
        ValueError: It is damaged, or holds what plain JSON cannot.
    """
    if digest is None:
        return None
    value = decode(payloads[digest])
    if json_form(value) != value:
        raise ValueError("not plain JSON")
    return value
