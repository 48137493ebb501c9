"""What recording costs: durable spans a second, cost to the caller, latency of queries, memory.

Every figure stands beside what it is compared with, measured in the same run. ``--json`` prints the figures alone.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from genops.artifacts import Payload, encode
from genops.store import RunFilter, RunRecord, SpanRecord, Store

SPANS_PER_RUN = 5
WORDS = [f"word{number}" for number in range(2000)]
ATTRIBUTES = {
    "gen_ai.provider.name": "openai",
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 812,
    "gen_ai.usage.output_tokens": 77,
    "genops.component.prompt": "1f2e3d4c5b6a",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=1_000_000, help="spans in the store that is queried")
    parser.add_argument("--runs", type=int, default=100_000, help="runs over which memory is watched")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        figures |= caller_cost(Path(folder))
        figures |= fill_and_query(Path(folder), options.spans)
        figures |= memory(Path(folder), options.runs)
    print(json.dumps(figures) if options.json else table(figures))


def table(figures: dict[str, float]) -> str:
    width = max(map(len, figures))
    return "\n".join(f"{name:<{width}}  {value:>14,.2f}" for name, value in figures.items())


def new_run(number: int, started: int) -> RunRecord:
    identity = secrets.token_hex(16)
    text = " ".join(WORDS[(number * 31 + i * 7) % len(WORDS)] for i in range(40))
    return RunRecord(
        identity, identity, f"chain{number % 20}", started, lock="ab" * 32, session=f"session{number % 5000}",
        tags=["benchmark"], text=text + (" everywhere" if number % 2 else " somewhere") + f" unique{number}",
    )  # fmt: skip


def steps(run: RunRecord) -> Iterator[tuple[SpanRecord, Payload, Payload]]:
    for number in range(1, SPANS_PER_RUN + 1):
        question = {"question": f"What does {run.id} say about step {number}?", "passages": ["a passage of text"] * 3}
        answer = {"answer": f"{run.id} says that step {number} is well.", "citations": [1, 2, 3]}
        parent = None if number == 1 else 1
        span = SpanRecord(
            run.id, number, parent, "0123456789abcdef", f"step#{number}", "step", "step", run.started + number
        )
        yield span, encode(question), encode(answer)


def record(store: Store, run: RunRecord) -> None:
    """Everything that an executor hands over for a run of five spans."""
    writer = store.writer
    writer.run(run)
    for span, question, answer in steps(run):
        writer.payload(question)
        span.input = question.digest
        writer.span(span)
        writer.payload(answer)
        span.output, span.status, span.ended, span.attributes = answer.digest, "ok", span.started + 10, dict(ATTRIBUTES)
        writer.span(span)
    run.status, run.ended, run.cost = "ok", run.started + 2_000_000_000 + run.started % 1_000_000_000, 0.001
    writer.run(run)


def caller_cost(folder: Path) -> dict[str, float]:
    """Microseconds that a span costs whoever starts and ends it, while the background writes."""
    spans = 10_000
    with Store.open(f"sqlite:///{folder}/caller.db") as store:
        run = new_run(0, time.time_ns())
        store.writer.run(run)
        store.writer.flush()
        began = time.perf_counter()
        for number in range(1, spans + 1):
            span = SpanRecord(run.id, number, None, "0123456789abcdef", "step", "step", "step", time.time_ns())
            store.writer.span(span)
            span.attributes = {"a": 1, "b": "text", "c": 2.5}
            span.status, span.ended = "ok", time.time_ns()
            store.writer.span(span)
        ours = (time.perf_counter() - began) / spans * 1e6
        store.writer.flush(60)
    theirs = opentelemetry_cost(spans)
    return {"span, us to the caller": ours, "OpenTelemetry span, us": theirs, "ratio (at most 0.5)": ours / theirs}


def opentelemetry_cost(spans: int) -> float:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(InMemorySpanExporter(), max_queue_size=2 * spans))
    tracer = provider.get_tracer("benchmark")
    began = time.perf_counter()
    for _ in range(spans):
        with tracer.start_as_current_span("step") as span:
            span.set_attribute("a", 1)
            span.set_attribute("b", "text")
            span.set_attribute("c", 2.5)
    cost = (time.perf_counter() - began) / spans * 1e6
    provider.shutdown()
    return cost


def fill_and_query(folder: Path, spans: int) -> dict[str, float]:
    runs = spans // SPANS_PER_RUN
    first = time.time_ns() - runs * 1_000_000
    some: list[RunRecord] = []
    with Store.open(f"sqlite:///{folder}/queries.db") as store:
        began = time.perf_counter()
        for number in range(runs):
            run = new_run(number, first + number * 1_000_000)
            record(store, run)
            if number % max(1, runs // 20) == 0:
                some.append(run)
            if number % 5000 == 4999 and not store.writer.flush(60):
                raise SystemExit("the writer does not keep up")
        store.writer.flush(60)
        elapsed = time.perf_counter() - began
        kept = store.counts()
        if kept.spans != runs * SPANS_PER_RUN or store.writer.dropped:
            raise SystemExit(f"spans were lost: {kept}, dropped {store.writer.dropped}")
        figures = {"durable spans/s (at least 10,000)": kept.spans / elapsed}
        for name, query in queries(store).items():
            figures[f"{name}, ms (under 100)"] = latency(query, some)
    return figures


def queries(store: Store) -> dict[str, Callable[[RunRecord], object]]:
    return {
        "list": lambda _: store.runs(),
        "list by chain": lambda run: store.runs(RunFilter(chain=run.chain)),
        "list errors (none)": lambda _: store.runs(RunFilter(status="error")),
        "list slow (none)": lambda _: store.runs(RunFilter(min_latency=50.0)),
        "list costly (none)": lambda _: store.runs(RunFilter(min_cost=5.0)),
        "list by session": lambda run: store.runs(RunFilter(session=run.session)),
        "list by tag": lambda _: store.runs(RunFilter(tag="benchmark")),
        "list until": lambda run: store.runs(RunFilter(until=run.started)),
        "list by mode (none)": lambda _: store.runs(RunFilter(mode="replay")),
        "page in the middle": lambda run: store.runs(before=run.id),
        "search a rare word": lambda run: store.runs(RunFilter(text=run.text.rsplit(" ", 1)[1])),
        "search a common word": lambda _: store.runs(RunFilter(text="everywhere")),
        "search two common words": lambda _: store.runs(RunFilter(text="everywhere word7")),
        "search among errors": lambda _: store.runs(RunFilter(text="everywhere", status="error")),
        "open a trace": lambda run: open_trace(store, run.id),
    }


def open_trace(store: Store, run_id: str) -> dict[str, bytes]:
    run = store.run(run_id[:12])
    spans = store.spans(run.id)
    return store.payloads(digest for span in spans for digest in (span.input, span.output) if digest)


def latency(query: Callable[[RunRecord], object], some: list[RunRecord]) -> float:
    """The median over some runs, in milliseconds."""
    times = []
    for run in some:
        began = time.perf_counter()
        query(run)
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times)


def memory(folder: Path, runs: int) -> dict[str, float]:
    """Growth of the process between the first tenth and the end of many runs."""
    with Store.open(f"sqlite:///{folder}/memory.db") as store:
        early = 0.0
        for number in range(runs):
            record(store, new_run(number, time.time_ns()))
            if number % 1000 == 999:
                store.writer.flush(60)
            if number == runs // 10:
                gc.collect()
                early = resident()
        store.writer.flush(60)
        gc.collect()
        return {"memory after a tenth of the runs, MiB": early, "memory after all runs, MiB": resident()}


def resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
