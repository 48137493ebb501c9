"""An evaluation that was never run: its samples are written into a store as the runner writes them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from genops.artifacts import digest_of, encode, json_form
from genops.evals import Case
from genops.evals.datasets import Dataset
from genops.executor import Project
from genops.store.records.evaluations import EvalRecord, SampleRecord
from genops.tracing.recorder import new_id

_BATCH = 2_000


def made_evaluation(
    project: Project,
    cases: Sequence[Case],
    variants: Sequence[str],
    sample: Callable[[Case, str], dict[str, Any]],
    scorers: Sequence[dict[str, Any]],
    **about: Any,
) -> EvalRecord:
    """Keeps an evaluation of cases.

    Args:
        project: Whose it is.
        cases: In the order of their numbers.
        variants: Names.
        sample: The fields of the record of a case's sample by a variant; ``output`` is the value itself.
        scorers: Their entries in the manifest.
        about: Further fields of the evaluation's record.
    """
    dataset = Dataset.of(cases, project.settings.data_dir, name="cases")
    manifest = {
        "suite": "made",
        "variants": [{"name": name, "chain": name, "lock": digest_of(name)} for name in variants],
        "dataset": {"name": dataset.name, "digest": dataset.digest, "selection": digest_of(len(cases))},
        "cases": len(cases),
        "repeat": 1,
        "scorers": list(scorers),
        "gate": None,
    }
    fields = {"ended": time.time_ns(), "status": "finished", **about}
    body = {"manifest": manifest, "seed": 0, "about": {}}
    record = EvalRecord(new_id(128), "made", "", digest_of(manifest), body, time.time_ns(), **fields)
    project.store.open_evaluation(record)
    batch: list[SampleRecord] = []
    for number, case in enumerate(cases):
        for place, variant in enumerate(variants):
            made = {"status": "ok", "run": new_id(128), **sample(case, variant)}
            if "output" in made:
                payload = encode(made["output"])
                project.store.writer.payload(payload)
                made["output"] = payload.digest
            made["scores"] = {name: json_form(score) for name, score in made.get("scores", {}).items()}
            where = {"case": case.id, "case_number": number, "variant": variant, "repeat": 0}
            batch.append(SampleRecord(number=number * len(variants) + place, **where, **made))
        if len(batch) >= _BATCH or number == len(cases) - 1:
            project.store.add_samples(record.id, batch)
            project.store.writer.flush()
            batch = []
    return record
