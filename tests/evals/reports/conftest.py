"""A store of evaluations."""

import json
from io import StringIO

import pytest

from genops.evals.reports import Report, writer
from tests.evals.stored import Evaluations, contains


@pytest.fixture
def evaluations(tmp_path):
    made = Evaluations(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def written(evaluations):
    """The text of an evaluation's report in a format."""

    def write(name, record, against=None):
        summary = evaluations.summary(*([record] if against is None else [record, against]))
        out = StringIO()
        writer(name)(Report(summary, record, evaluations.results, None), out)
        return out.getvalue()

    return write


@pytest.fixture
def mixed(evaluations):
    """Two variants of five cases: good, bad, unscored, failed, and one whose texts are up to no good."""
    evil = {"id": "<b>|`*\x1b[31m\n::error::@team", "inputs": {"q": "x"}}
    rows = [{"id": f"c{n}", "inputs": {"q": f"ask {n}"}} for n in range(4)] + [evil]
    bad = contains(0, explanation="lacks '50%', \x00 and\n]]> & </failure>\x1b[2J")
    kinds = [
        {"scores": {"contains": contains(1)}},
        {"scores": {"contains": bad}},
        {"scores": {"contains": {"unscored": "the judge answered prose", "passed": None}}},
        {"status": "error", "error": {"type": "StepTimeout", "message": "too late", "path": "ask"}, "run": ""},
        {"scores": {"contains": bad}},
    ]
    samples = [{"case": n, "variant": v, **kind} for n, kind in enumerate(kinds) for v in ("old", "new")]
    samples[-1]["scores"] = {"contains": contains(1)}
    return evaluations.add(samples, cases=rows, variants=("old", "new"))


@pytest.fixture
def compared(evaluations):
    """Two variants of twelve cases whose answers were judged two by two, and nothing else."""
    verdict = {"first": "new|er", "second": "old", "length": 20, "other_length": 10, "orders_agree": True}
    samples = [
        {"case": n, "variant": v, **({"pairs": [{**verdict, "outcome": float(n > 2)}]} if v == "new|er" else {})}
        for n in range(12)
        for v in ("old", "new|er")
    ]
    return evaluations.add(samples, variants=("old", "new|er"), scorers=())


@pytest.fixture
def labelled(evaluations):
    """Two variants of 60 cases, and labels of people for the first."""
    rows = [{"id": f"c{n}", "human": "yes" if n % 9 > 3 else "no", "variant": "old"} for n in range(30)]
    (evaluations.settings.root / "labels.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    samples = [
        {"case": n, "variant": v, "scores": {"contains": contains(n % 9 > 2)}}
        for n in range(60)
        for v in ("old", "new")
    ]
    return evaluations.add(samples, variants=("old", "new"), labels="labels.jsonl")
