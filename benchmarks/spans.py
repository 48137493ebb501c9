"""What recording costs: durable spans a second, cost to the caller, latency of queries.

Every figure stands beside what it is compared with, measured in the same run, or beside the bound that it is to keep.
"""

from __future__ import annotations

import argparse
import json
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from benchmarks.report import Row, table
from genops.settings import Redaction
from genops.store import RunFilter, RunRecord, Store
from genops.tracing import Recorder, activate
from genops.tracing.redaction import Redactor

SPANS_PER_RUN = 5
REDACTOR = Redactor(Redaction())
WORDS = [f"word{number}" for number in range(2000)]
ATTRIBUTES = {
    "gen_ai.provider.name": "openai",
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.usage.input_tokens": 812,
    "gen_ai.usage.output_tokens": 77,
    "genops.component.prompt": "1f2e3d4c5b6a",
}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=1_000_000, help="spans in the store that is queried")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    options = parser.parse_args(arguments)
    rows = run(options.spans)
    print(json.dumps([asdict(row) for row in rows]) if options.json else table(rows))


def run(spans: int = 1_000_000) -> list[Row]:
    """All figures, each against its limit."""
    with tempfile.TemporaryDirectory() as folder:
        return [caller_cost(Path(folder)), *fill_and_query(Path(folder), spans)]


def new_run(number: int, started: int) -> RunRecord:
    identity = secrets.token_hex(16)
    text = " ".join(WORDS[(number * 31 + i * 7) % len(WORDS)] for i in range(40))
    return RunRecord(
        identity, identity, f"chain{number % 20}", started, lock="ab" * 32, session=f"session{number % 5000}",
        tags=["benchmark"], text=text + (" everywhere" if number % 2 else " somewhere") + f" unique{number}",
    )  # fmt: skip


def record(store: Store, run: RunRecord) -> None:
    """A run of five spans with their inputs and outputs, as an executor records it: redacted, digested, handed over."""
    recorder = Recorder(run, store.writer, REDACTOR.session())
    root = recorder.start("chain", "benchmark", "", None)
    for number in range(2, SPANS_PER_RUN + 1):
        question = {"question": f"What does {run.id} say about step {number}?", "passages": ["a passage of text"] * 3}
        answer = {"answer": f"{run.id} says that step {number} is well.", "citations": [1, 2, 3]}
        span = recorder.start("model", "step", f"step{number}", root, input=recorder.keep(question))
        span.attributes = dict(ATTRIBUTES)
        recorder.end(span, output=recorder.keep(answer))
    recorder.end(root)
    run.status, run.ended, run.cost = "ok", run.started + 2_000_000_000 + run.started % 1_000_000_000, 0.001
    store.writer.run(run)


def caller_cost(folder: Path, spans: int = 10_000, repeats: int = 3) -> Row:
    """Microseconds that a span with three attributes costs whoever starts and ends it; the best of some repeats."""
    ours = min(our_cost(folder / f"caller{number}.db", spans) for number in range(repeats))
    theirs = min(opentelemetry_cost(spans) for _ in range(repeats))
    return Row("a span, to its caller", f"{ours:.1f} us", f"OpenTelemetry SDK {theirs:.1f} us", ours / theirs, 0.5)


def our_cost(path: Path, spans: int) -> float:
    with Store.open(f"sqlite:///{path}") as store:
        recorder = Recorder(new_run(0, time.time_ns()), store.writer, REDACTOR.session())
        root = recorder.start("chain", "benchmark", "", None)
        store.writer.flush()
        began = time.perf_counter()
        for number in range(spans):
            span = recorder.start("model", "step", f"step{number}", root)
            with activate(recorder, span):
                span.attributes.update({"a": 1, "b": "text", "c": 2.5})
            recorder.end(span)
        cost = (time.perf_counter() - began) / spans * 1e6
        store.writer.flush(60)
    return cost


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


def fill_and_query(folder: Path, spans: int) -> list[Row]:
    """Fills a store as an executor does, then asks it."""
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
        rate = kept.spans / elapsed
        what = f"durable spans with payloads, {kept.spans:,} in one process"
        rows = [Row(what, f"{rate:,.0f}/s", "10,000/s", 10_000 / rate, 1.0)]
        for name, query in queries(store).items():
            taken = latency(query, some)
            rows.append(Row(f"{name} among {kept.spans:,} spans", f"{taken:.1f} ms", "100 ms", taken / 100, 1.0))
        return rows


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


if __name__ == "__main__":
    main()
