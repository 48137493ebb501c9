"""Every benchmark, one after the other: ``make bench``. Each prints a table of figures beside what they are held to."""

from __future__ import annotations

import argparse
import sys

from benchmarks import (
    drift,
    drift_contexts,
    drift_sequential,
    embedding,
    eval_report,
    evaluation,
    evaluation_gate,
    evaluation_memory,
    fuzzing,
    fuzzing_memory,
    memory,
    mutations,
    preflight,
    reindexing,
    retrieval_search,
    runs,
    serving,
    spans,
    startup,
    vector_search,
)
from benchmarks.report import Row, table


def main() -> None:
    """Runs them; ``--quick`` with a tenth of the work, to see that they run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work; figures mean little")
    share = 10 if parser.parse_args().quick else 1
    missed: list[Row] = []
    for name, rows in (
        ("start-up", startup.run),
        ("runs", lambda: runs.run(count=2_000 // share)),
        ("calls of a served model", lambda: serving.run(max(40, 400 // share))),
        ("spans", lambda: spans.run(1_000_000 // share)),
        ("memory", lambda: memory.run(100_000 // share)),
        ("search over 100,000 passages", lambda: retrieval_search.run(100_000 // share)),
        ("a million vectors", lambda: vector_search.run(share)),
        ("re-indexing", lambda: reindexing.run(10_000 // share)),
        ("embedding", lambda: embedding.run(512 // share)),
        ("evaluation", lambda: evaluation.run(count=2_000 // share)),
        ("the gate of an evaluation", lambda: evaluation_gate.run(2_000 // share)),
        ("memory of an evaluation", lambda: evaluation_memory.run(100_000 // share)),
        ("a campaign", lambda: fuzzing.run(2_000 // share)),
        ("memory of a campaign", lambda: fuzzing_memory.run(100_000 // share)),
        ("mutations", lambda: mutations.run(2_000 // share)),
        ("drift tests by kernels", lambda: drift.run(share)),
        ("drift tests that factor once", lambda: drift_contexts.run(share)),
        ("the detector of a watch", lambda: drift_sequential.run(share)),
        ("preflight", preflight.run),
        ("the report of an evaluation", lambda: eval_report.run(20_000 // share)),
    ):
        sys.stdout.write(f"\n## {name}\n\n")
        sys.stdout.flush()
        measured = rows()
        sys.stdout.write(table(measured))
        missed += [row for row in measured if row.verdict == "MISSED"]
    sys.stdout.write(f"\n{len(missed)} of the limits missed\n")


if __name__ == "__main__":
    main()
