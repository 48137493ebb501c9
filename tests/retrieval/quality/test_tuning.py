import json

import pytest

from genops.errors import InputError
from genops.retrieval.quality import split_queries, tune

QUERIES = [f"q{number:03}" for number in range(60)]
QRELS = {query: {"right": 1} for query in QUERIES}


class Searches:
    """A search whose relevant document ranks at ``place``; some configurations are good for one part only."""

    def __init__(self):
        self.asked = []

    def __call__(self, configuration, queries):
        self.asked.append((dict(configuration), list(queries)))
        return {query: self.documents(configuration, query) for query in queries}

    def documents(self, configuration, query):
        others = {f"other{rank}": 20.0 - rank for rank in range(1, 12)}
        lucky = query in configuration.get("lucky_for", ())
        return others | {"right": 20.5 - (1 if lucky else configuration["place"] + QUERIES.index(query) % 2)}


def test_the_best_on_one_part_is_judged_on_the_other():
    search = Searches()
    found = tune(search, QRELS, [{"place": 1}, {"place": 2}], {"place": 4}, seed=3)
    train, test = split_queries(QUERIES, 3)
    assert found.best == {"place": 1}
    assert [trial.configuration["place"] for trial in found.trials] == [1, 2, 4]
    assert [queries for _, queries in search.asked] == [train] * 3 + [test] * 2
    gain = found.comparison.differences["nDCG@10"].gain
    assert (found.train_queries, gain.n) == (30, 30)
    assert gain.bounds[0] > 0


def test_luck_on_one_part_does_not_count_as_a_gain():
    train, _ = split_queries(QUERIES, 0)
    found = tune(Searches(), QRELS, [{"place": 5, "lucky_for": train}], {"place": 2})
    assert "lucky_for" in found.best
    assert found.trials[0].mean == 1.0
    assert found.comparison.differences["nDCG@10"].gain.bounds[1] < 0


def test_among_equals_the_default_is_kept():
    found = tune(Searches(), QRELS, [{"place": 2, "k1": 0.9}, {"place": 3}], {"place": 2})
    assert found.best == {"place": 2}
    assert "nothing that was tried is better than the default" in found.table()
    assert "3 configurations tried on 30 queries" in found.table()


def test_the_default_is_tried_once():
    found = tune(Searches(), QRELS, [{"place": 2}, {"place": 3}], {"place": 2})
    assert len(found.trials) == 2


def test_reports_say_what_was_tried_and_gained():
    found = tune(Searches(), QRELS, [{"place": 1}], {"place": 4})
    assert "from place 4 to place 1 on the other queries" in found.table()
    written = json.loads(json.dumps(found.to_json()))
    assert (written["best"], written["default"], written["tried"]) == ({"place": 1}, {"place": 4}, 2)
    assert written["comparison"]["queries"] == 30


def test_queries_without_a_relevant_document_take_no_part():
    search = Searches()
    tune(search, {**QRELS, "q999": {"right": 0}}, [], {"place": 1})
    assert all("q999" not in queries for _, queries in search.asked)


class TestSplit:
    def test_every_query_is_in_one_part(self):
        train, test = split_queries(QUERIES, share=0.7)
        assert (len(train), len(test)) == (42, 18)
        assert sorted(train + test) == QUERIES

    def test_ids_and_seed_decide_and_not_their_order(self):
        assert split_queries(reversed(QUERIES), 1) == split_queries(QUERIES, 1)
        assert split_queries(QUERIES, 1) != split_queries(QUERIES, 2)

    def test_no_part_is_empty(self):
        assert [len(part) for part in split_queries(["a", "b"], share=0.01)] == [1, 1]
        with pytest.raises(InputError, match="two judged queries"):
            split_queries(["a"])
