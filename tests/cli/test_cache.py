import json

import pytest

from genops.artifacts import encode
from genops.store import Store
from genops.store.records.caches import MemoEntry


@pytest.fixture
def filled(genops, site):
    """A store with an answer of a model and two memoised results that are the same."""
    genops("run", "say", "-i", "what=hello", "--cache")
    with Store.open(f"sqlite:///{site / '.genops' / 'genops.db'}") as store:
        result = encode("a result")
        store.writer.payload(result)
        for key in ("one", "two"):
            store.memo_put(key, MemoEntry(result.digest, "a" * 32, "step"))


def held(genops):
    return {row["cache"]: row["entries"] for row in json.loads(genops("cache", "show", "--json").out)}


def test_show_says_how_much_the_caches_hold(genops, filled):
    memo, responses = json.loads(genops("cache", "show", "--json").out)
    assert memo == {"cache": "memo", "entries": 2, "bytes": len(encode("a result").data)}
    assert (responses["cache"], responses["entries"]) == ("response", 1)
    assert responses["bytes"] > 0
    header, first, second = (line.split() for line in genops("cache", "show").out.splitlines())
    assert header == ["CACHE", "ENTRIES", "BYTES"]
    assert first == ["memo", "2", str(memo["bytes"])]
    assert second == ["response", "1", str(responses["bytes"])]


@pytest.mark.parametrize(
    ("options", "said", "left"),
    [
        ([], "removed 2 memoised results, 1 cached response\n", {"memo": 0, "response": 0}),
        (["--memo", "--responses"], "removed 2 memoised results, 1 cached response\n", {"memo": 0, "response": 0}),
        (["--memo"], "removed 2 memoised results\n", {"memo": 0, "response": 1}),
        (["--responses"], "removed 1 cached response\n", {"memo": 2, "response": 0}),
    ],
)
def test_clear_empties_what_it_is_told_to_and_counts(genops, filled, options, said, left):
    done = genops("cache", "clear", *options)
    assert (done.out, done.err) == ("", said)
    assert held(genops) == left


def test_after_clearing_a_model_is_asked_again(genops, filled):
    def cached():
        run = json.loads(genops("run", "say", "-i", "what=hello", "--cache", "--json").out)["run"]["id"]
        return "cached" in genops("trace", "show", run).out

    assert cached()
    genops("cache", "clear")
    assert not cached()
    assert cached()
