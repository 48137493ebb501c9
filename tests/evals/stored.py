"""Stored evaluations to summarise and report: made of scores, without running a chain."""

import time
from itertools import count

from genops.artifacts import encode
from genops.evals.datasets import Dataset
from genops.evals.results import Results
from genops.settings import Settings
from genops.store import Store
from genops.store.records.evaluations import EvalRecord, SampleRecord

_ids = count(1)


def contains(value, **more):
    """A score of a scorer that says yes or no."""
    return {"value": float(value), "passed": bool(value), **more}


class Evaluations:
    """Makes evaluations in a store of their own."""

    def __init__(self, folder):
        self.settings = Settings(root=folder)
        self.settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.store = Store.open(self.settings.store_url)
        self.results = Results(self.store, self.settings)

    def add(
        self,
        samples,
        *,
        cases=None,
        variants=("one",),
        scorers=("contains",),
        repeat=1,
        suite="demo",
        name="",
        status="finished",
        revision="",
        labels="",
        verdict=None,
        ranges=None,
        thresholds=None,
        locks=None,
    ):
        """An evaluation of samples: dicts of SampleRecord's fields; ``case`` is a number among ``cases``."""
        count = len({sample["case"] for sample in samples}) or 1
        rows = cases or [{"id": f"c{n}", "inputs": {"q": f"ask {n}"}, "expected": "A"} for n in range(count)]
        dataset = Dataset.of(rows, self.settings.data_dir)
        manifest = {
            "variants": [
                {"name": v, "chain": v, "lock": (locks or {}).get(v, f"{place:x}" * 64)}
                for place, v in enumerate(variants, 10)
            ],
            "dataset": {"name": "rows", "digest": dataset.digest},
            "cases": len(rows),
            "repeat": repeat,
            "scorers": [
                {
                    "name": scorer,
                    "scorer": scorer,
                    "range": (ranges or {}).get(scorer, [0.0, 1.0]),
                    "lower_is_better": False,
                    "threshold": (thresholds or {}).get(scorer, 1.0),
                    "weight": 1.0,
                }
                for scorer in scorers
            ],
        }
        body = {"manifest": manifest, "about": {"revision": revision, "labels": labels}}
        number = next(_ids)
        record = EvalRecord(f"{number:04x}" * 8, suite, name, "m", body, time.time_ns(), time.time_ns(), status)
        self.store.open_evaluation(record)
        if verdict is not None:
            self.store.change_evaluation(record.id, verdict=verdict.to_json())
        self.fill(record, samples, [row["id"] for row in rows])
        return self.store.evaluation(record.id)

    def fill(self, record, samples, ids=None):
        """Adds samples to an evaluation; without ``ids``, a case is called by its number."""
        manifest = record.body["manifest"]
        variants = [entry["name"] for entry in manifest["variants"]]
        made = [self._sample(sample, ids, variants, manifest["repeat"]) for sample in samples]
        self.store.add_samples(record.id, made)

    def summary(self, *references, **options):
        """The summary of an evaluation, against another where two are given."""
        found = [self.results.find(reference.id) for reference in references]
        return self.results.summary(found[0], against=found[1] if len(found) > 1 else None, **options)

    def _sample(self, given, ids, variants, repeat):
        sample = {"variant": variants[0], "repeat": 0, "status": "ok", **given}
        place = sample.pop("case")
        number = (place * len(variants) + variants.index(sample["variant"])) * repeat + sample["repeat"]
        sample.setdefault("run", f"{number + 1:032x}")
        return SampleRecord(number=number, case=ids[place] if ids else str(place), case_number=place, **sample)

    def keep(self, value):
        """The digest of a stored payload."""
        payload = encode(value)
        self.store.writer.payload(payload)
        self.store.writer.flush()
        return payload.digest
