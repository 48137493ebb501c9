"""Judges of single statements, passages and citations."""

import pytest

from genops.evals.judges.scorers.answer_relevance import answer_relevance
from genops.evals.judges.scorers.citation_support import citation_support
from genops.evals.judges.scorers.context_precision_judged import average_precision, context_precision_judged
from genops.evals.judging import UnusableAnswer

HITS = [{"chunk_id": "c1", "text": "Cats purr."}, {"chunk_id": "c2", "text": "Dogs bark."}, {"text": "Fish swim."}]


class TestAnswerRelevance:
    def test_is_the_share_of_relevant_statements(self, bench):
        rows = [("Cats purr.", True), ("I like cats.", False), ("So do lions.", True), ("Bye!", False)]
        said = [{"quote": quote, "reasoning": "so", "relevant": relevant} for quote, relevant in rows]
        bench.says({"statements": said}).case("Cats purr. I like cats. So do lions. Bye!")
        score = bench.score(answer_relevance)
        assert score.value == 0.5
        assert [(piece.text, piece.span) for piece in score.evidence] == [
            ("I like cats.", (11, 23)),
            ("Bye!", (37, 41)),
        ]

    def test_an_answer_that_states_nothing_is_irrelevant(self, bench):
        assert bench.says({"statements": []}).case("Well.").score(answer_relevance).value == 0.0

    def test_an_empty_answer_is_irrelevant_without_a_question(self, bench):
        assert bench.case(" ").score(answer_relevance).value == 0.0


class TestContextPrecision:
    def judge(self, bench, *useful):
        bench.hits = HITS
        rows = [
            {"passage": n, "reasoning": "so", "quote": "purr" if n == 1 else "", "useful": item}
            for n, item in enumerate(useful, 1)
        ]
        return bench.says({"verdicts": rows}).case("whatever")

    def test_is_the_average_precision(self, bench):
        score = self.judge(bench, True, False, True).score(context_precision_judged, expected="Cats purr.")
        assert score.value == pytest.approx((1 + 2 / 3) / 2)
        assert score.metadata["useful"] == [True, False, True]
        assert [(piece.source, piece.span) for piece in score.evidence] == [("c1", (5, 9))]

    def test_the_order_counts(self, bench):
        assert self.judge(bench, False, False, True).score(context_precision_judged).value == pytest.approx(1 / 3)

    def test_a_passage_without_a_verdict_is_no_score(self, bench):
        error = self.judge(bench, True, True).unscored(context_precision_judged)
        assert isinstance(error, UnusableAnswer)
        assert "after 2 re-asks: $.verdicts: there is no entry with `passage` 3" in str(error)

    def test_none_useful_is_zero(self):
        assert average_precision([False, False]) == 0.0


class TestCitationSupport:
    """Sentences with their marks: ``[n]`` is the n-th passage."""

    def judge(self, bench, *verdicts):
        bench.hits = HITS
        rules = []
        for sentence, together, *citations in verdicts:
            rows = [
                {"number": number, "reasoning": "so", "quote": quote, "supports": supports}
                for number, supports, quote in citations
            ]
            said = {"citations": rows, "together": together}
            rules.append({"json": said, "when": {"user": rf"sentence⟧\n{sentence}\n"}})
        return bench.says(*rules)

    def test_precision_recall_and_f1(self, bench):
        court = self.judge(
            bench,
            (r"Cats purr\.", True, (1, "fully", "Cats purr"), (2, "no", "")),
            (r"Dogs sing\.", False, (2, "partly", "Dogs")),
        )
        score = court.case("Cats purr [1, 2]. Dogs sing [2]. Nobody knows.").score(citation_support)
        assert score.metadata["recall"] == pytest.approx(1 / 3)
        assert score.metadata["precision"] == pytest.approx(1 / 3)
        assert score.value == pytest.approx(1 / 3)
        assert score.explanation.splitlines() == ["not supported: Dogs sing [2].", "not supported: Nobody knows."]

    def test_marks_behind_the_full_stop_belong_to_the_sentence_before(self, bench):
        court = self.judge(bench, (r"Cats purr\.", True, (1, "fully", "")), (r"Dogs bark\.", True, (2, "fully", "")))
        score = court.case("Cats purr. [1] Dogs bark. [2]").score(citation_support)
        assert (score.value, score.metadata["recall"]) == (1.0, 1.0)

    def test_a_mark_that_leads_nowhere_supports_nothing(self, bench):
        bench.hits = HITS
        score = bench.case("Cats purr [9].").score(citation_support, measure="precision")
        assert score.value == 0.0

    def test_evidence_stands_in_the_passage(self, bench):
        court = self.judge(bench, (r"Cats purr\.", True, (1, "fully", "Cats purr")))
        score = court.case("Cats purr. [1]").score(citation_support)
        assert ("c1", (0, 9)) in [(piece.source, piece.span) for piece in score.evidence]

    def test_a_citation_without_a_verdict_is_no_score(self, bench):
        bench.hits = HITS
        row = {"number": 2, "reasoning": "so", "quote": "", "supports": "fully"}
        bench.says({"citations": [row], "together": True}).case("Cats purr. [1]")
        error = bench.unscored(citation_support)
        assert isinstance(error, UnusableAnswer)
        assert "2 is not one of [1]" in str(error)
