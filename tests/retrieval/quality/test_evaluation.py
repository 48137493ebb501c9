import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.errors import InputError
from genops.retrieval.quality import compare, document_scores, evaluate

QRELS = {"q1": {"a": 2, "b": 1, "c": 0}, "q2": {"x": 1, "y": 1}}
RUN = {"q1": {"c": 0.9, "b": 0.8, "a": 0.7}, "q2": {"y": 3.0, "z": 2.0}}


def values(report, metric):
    return pytest.approx(report.values[metric])


class TestEvaluate:
    def test_metrics_are_those_of_the_field(self):
        report = evaluate(RUN, QRELS, ks=[2, 10])
        ideal = 2 + 1 / math.log2(3)
        assert report.values["nDCG@10"]["q1"] == pytest.approx((1 / math.log2(3) + 2 / math.log2(4)) / ideal)
        assert report.values["nDCG@2"]["q1"] == pytest.approx(1 / math.log2(3) / ideal)
        assert report.values["recall@2"] == {"q1": 0.5, "q2": 0.5}
        assert report.values["recall@10"] == {"q1": 1.0, "q2": 0.5}
        assert report.values["MRR@10"] == {"q1": 0.5, "q2": 1.0}
        assert list(report.values) == ["nDCG@2", "recall@2", "MRR@2", "nDCG@10", "recall@10", "MRR@10"]
        assert report.mean("recall@10") == 0.75

    @given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 3), min_size=1), st.integers(1, 5))
    def test_only_the_order_of_scores_counts_and_ties_rank_by_id(self, scores, k):
        qrels = {"q": {"a": 1, "d": 3, "h": 1}}
        order = sorted(scores, key=lambda document: (-scores[document], document))
        distinct = {document: -1e9 * rank for rank, document in enumerate(order)}
        assert evaluate({"q": scores}, qrels, [k]).values == evaluate({"q": distinct}, qrels, [k]).values
        gains = [qrels["q"].get(document, 0) for document in order[:k]]
        ideal = sum(gain / math.log2(2 + rank) for rank, gain in enumerate([3, 1, 1][:k]))
        expected = sum(gain / math.log2(2 + rank) for rank, gain in enumerate(gains)) / ideal
        assert evaluate({"q": scores}, qrels, [k]).mean(f"nDCG@{k}") == pytest.approx(expected)

    def test_a_query_that_found_nothing_counts_as_zero(self):
        report = evaluate({"q1": RUN["q1"], "q2": {}}, QRELS)
        assert report.values["MRR@10"] == {"q1": 0.5, "q2": 0.0}
        assert report.notes == ["queries that found nothing, counted as 0: 1"]
        assert evaluate({"q1": RUN["q1"]}, QRELS).values == report.values

    def test_a_query_without_relevant_documents_cannot_be_measured(self):
        report = evaluate(RUN, {**QRELS, "q3": {"a": 0}})
        assert report.queries == ["q1", "q2"]
        assert report.notes == ["queries without a relevant document, left out: 1"]
        with pytest.raises(InputError, match="no query has a relevant document"):
            evaluate(RUN, {"q3": {"a": 0}})

    def test_ids_that_name_documents_in_another_way_are_noticed(self):
        run = {"q1": {"corpus.jsonl#a": 1.0}, "q2": {"corpus.jsonl#x": 1.0}}
        (note,) = evaluate(run, QRELS).notes
        assert "'corpus.jsonl#a' and 'a'" in note

    @pytest.mark.parametrize("ks", [[], [0], [10, -1]])
    def test_depths_are_positive(self, ks):
        with pytest.raises(InputError, match="depths"):
            evaluate(RUN, QRELS, ks)

    def test_a_document_scores_as_its_best_passage(self):
        assert document_scores([("a", 0.2), ("b", -3.0), ("a", 0.7), ("b", -4.0)]) == {"a": 0.7, "b": -3.0}


def ranking(places):
    """A run of one relevant document a query, at these places (1 is the first; 0 is not found)."""
    run = {}
    for number, place in enumerate(places):
        documents = {f"other{rank}": 20.0 - rank for rank in range(1, 12)}
        run[f"q{number:02}"] = documents | ({"right": 20.5 - place} if place else {})
    return run, {query: {"right": 1} for query in run}


class TestReport:
    def test_means_come_with_interval_and_number(self):
        report = evaluate(*ranking([1, 2, 1, 0, 5, 1, 3, 1]), ks=[10])
        interval = report.intervals["MRR@10"]
        assert interval.estimate == pytest.approx(report.mean("MRR@10"))
        assert interval.bounds[0] < interval.estimate < interval.bounds[1]
        line = next(line for line in report.table().splitlines() if line.startswith("MRR@10"))
        assert line.split() == ["MRR@10", "0.629", *line.split()[2:5], "8", "queries"]
        assert "95% interval" in report.table()

    def test_where_there_is_no_interval_it_says_why(self):
        report = evaluate(*ranking([1]), ks=[10])
        assert "none: one value tells nothing of the spread" in report.table()
        assert report.to_json()["metrics"]["nDCG@10"]["interval"] is None

    def test_programs_get_all_of_it(self):
        report = evaluate(RUN, QRELS)
        written = json.loads(json.dumps(report.to_json()))
        assert written["queries"] == 2
        assert written["values"]["MRR@10"] == {"q1": 0.5, "q2": 1.0}
        assert written["metrics"]["MRR@10"]["mean"] == 0.75
        assert written["metrics"]["MRR@10"]["level"] == 0.95

    def test_notes_stand_under_the_table(self):
        assert evaluate({}, QRELS).table().splitlines()[-1] == "queries that found nothing, counted as 0: 2"


class TestCompare:
    before = (1, 2, 1, 0, 5, 1, 3, 1, 2, 2, 4, 2)
    after = (1, 1, 1, 2, 1, 2, 1, 1, 1, 1, 1, 1)

    def compared(self):
        return compare(*(evaluate(*ranking(places), ks=[10]) for places in (self.before, self.after)))

    def test_differences_are_paired(self):
        found = self.compared().differences["MRR@10"]
        assert (found.better, found.worse, found.equal) == (8, 1, 3)
        assert found.gain.estimate == pytest.approx(found.after - found.before)
        assert found.gain.bounds[0] > 0
        assert found.test.exact
        assert found.test.p == 14 / 2**9

    def test_the_largest_losses_are_named(self):
        (loss,) = self.compared().differences["MRR@10"].losses
        assert (loss.query, loss.before, loss.after) == ("q05", 1.0, 0.5)
        assert "largest losses of nDCG@10:" in self.compared().table()
        assert "q05" in self.compared().table()

    def test_a_table_says_what_it_counts(self):
        header, first = self.compared().table().splitlines()[:2]
        assert header.split() == [
            "metric", "(0", "to", "1)", "before", "after", "gain", "95%", "interval", "p", "better", "worse", "equal",
            "n",
        ]  # fmt: skip
        assert first.split()[-5:] == ["8", "1", "3", "12", "queries"]

    def test_programs_get_all_of_it(self):
        written = json.loads(json.dumps(self.compared().to_json()))
        assert written["queries"] == 12
        assert written["metrics"]["MRR@10"]["losses"] == [{"query": "q05", "before": 1.0, "after": 0.5}]

    def test_no_difference_is_no_evidence_and_has_no_interval(self):
        report = evaluate(RUN, QRELS)
        found = compare(report, report).differences["nDCG@10"]
        assert (found.test.p, found.equal, found.gain.bounds) == (1.0, 2, None)
        assert "largest losses" not in compare(report, report).table()

    def test_other_queries_or_metrics_make_no_pairs(self):
        with pytest.raises(InputError, match="different queries or metrics"):
            compare(evaluate(RUN, QRELS), evaluate(RUN, {"q1": QRELS["q1"]}))
        with pytest.raises(InputError, match="different queries or metrics"):
            compare(evaluate(RUN, QRELS, [10]), evaluate(RUN, QRELS, [5]))
