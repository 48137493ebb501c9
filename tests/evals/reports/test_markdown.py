"""Markdown for a pull request: short, in order, and safe to paste."""

import pytest
from markdown_it import MarkdownIt

from genops.evals.gate import Verdict
from genops.evals.rule_test import RuleVerdict
from tests.evals.stored import contains


def cells(text):
    """The rows of all tables, as text."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    rows, row = [], []
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "inline":
            row.append("".join(child.content for child in token.children if child.type != "html_inline"))
        elif token.type == "tr_close":
            rows.append(row)
            row = []
    return rows


def test_the_three_counts_and_the_means_come_first(written, mixed):
    head, old, new = cells(written("markdown", mixed))[:3]
    assert head[:5] == ["variant", "samples", "infrastructure failed", "unscored", "bad"]
    assert old[:5] == ["old", "5", "1", "1", "2"]
    assert new[5].startswith("0.667 [")


def test_differences_then_failing_cases_then_folded_details(written, mixed):
    text = written("markdown", mixed)
    places = [text.index(words) for words in ("win/tie/loss", "**Failing cases**", "<details>", "latency p50")]
    assert places == sorted(places)
    assert "p corrected by Holm" in text


def test_answers_judged_two_by_two_have_ratings_and_win_rates_as_in_a_terminal(written, compared):
    text = written("markdown", compared)
    rating = next(row for row in cells(text) if row[0] == "new|er" and row[2] == "9/0/3")
    rate = next(row for row in cells(text) if row[:2] == ["new|er", "old"])
    assert rate[2].startswith("0.750 [")
    assert rate[4] == "12"
    assert "12 verdicts, 0 unscored; both orders agree in 1.000" in text
    shown = written("terminal", compared)
    assert all(figure in shown for figure in (rating[1], rate[2], rate[3]))


def test_texts_of_data_stay_texts(written, mixed):
    text = written("markdown", mixed)
    lines = text.splitlines()
    heads = [lines[place - 1] for place, line in enumerate(lines) if line.startswith("| ---")]
    assert {len(row) for row in cells(text)} == {len(head.split(" | ")) for head in heads}  # no cell was split
    html = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(text)
    assert "<b>" not in html
    assert "</failure>" not in html
    assert "\x1b" not in text
    assert "\n::error::" not in text


def test_a_failing_case_has_the_command_that_shows_its_trace(written, mixed):
    row = next(row for row in cells(written("markdown", mixed)) if row[0] == "c1")
    assert row[2] == "bad output"
    assert row[4].startswith("genops trace show 0000")


def test_failing_cases_that_are_left_out_are_counted(evaluations, written):
    samples = [{"case": n, "scores": {"contains": contains(0)}} for n in range(40)]
    record = evaluations.add(samples)
    assert f"… and 30 more: genops eval show {record.id[:12]} --failed" in written("markdown", record)
    assert "more:" not in written("markdown", evaluations.add(samples[:10]))


def test_a_verdict_stands_at_the_top(evaluations, written):
    rule = RuleVerdict("contains >= 0.5", "contains", "one", "undecided", 0.6, 0.4, 0.8, 0.95, 20, 1, False)
    verdict = Verdict("undecided", (rule,), ("c7",), (), 0.05, "dataset", 40, 20, 40, 20)
    text = written("markdown", evaluations.add([{"case": 0, "scores": {"contains": contains(1)}}], verdict=verdict))
    assert text.index("gate undecided after 20 of 40 samples") < text.index("| variant |")
    assert "0.600 \\[0.400, 0.800\\] at all times, n 20, 1 missing" in text
    assert "must pass and did not: `c7`" in text


@pytest.mark.parametrize(
    ("outcome", "seen", "said"),
    [("pass", 23, True), ("fail", 23, True), ("pass", 24, False), ("undecided", 23, False)],
)
def test_a_verdict_that_was_certain_before_the_last_sample_says_when(evaluations, written, outcome, seen, said):
    rule = RuleVerdict("contains >= 0.5", "contains", "one", outcome, 0.6, 0.55, 0.8, 0.95, seen, 0, True)
    verdict = Verdict(outcome, (rule,), (), (), 0.05, "dataset", 24, seen, 24, 24)
    text = written("markdown", evaluations.add([{"case": 0, "scores": {"contains": contains(1)}}], verdict=verdict))
    assert "after 24 of 24 samples" in text
    assert ("; certain at n 23, and nothing later counts" in text) == said


def test_hundreds_of_variants_stay_short(evaluations, written):
    variants = tuple(f"v{n}" for n in range(300))
    samples = [{"case": 0, "variant": v, "scores": {"contains": contains(1)}} for v in variants]
    text = written("markdown", evaluations.add(samples, variants=variants))
    assert "and 280 more variants" in text
    assert len(text) < 30_000


def test_it_fits_a_comment_on_github(evaluations, written):
    variants = tuple(f"a_rather_long_name_of_a_variant_{n}" for n in range(20))
    names = [f"score_{n}" for n in range(10)]
    rows = [{"id": f"a rather long id of a case, number {n}", "inputs": {"q": "x"}} for n in range(6)]
    samples = [
        {"case": n, "variant": v, "scores": {name: contains((n + place) % 2) for name in names}}
        for n in range(6)
        for place, v in enumerate(variants)
    ]
    rule = RuleVerdict("score_0 >= 0.5", "score_0", "one", "fail", 0.1, 0.0, 0.2, 0.95, 20, 0, True)
    critical = tuple(f"a critical case, number {n}" for n in range(2_000))
    verdict = Verdict("fail", (rule,), critical, (), 0.05, "dataset", 40, 20, 40, 20)
    record = evaluations.add(samples, cases=rows, variants=variants, scorers=names, verdict=verdict)
    text = written("markdown", record)
    assert len(text) < 65_536
    assert f"… and 90 more: `genops eval show {record.id[:12]}`" in text
    assert "`a critical case, number 5` and 1,994 more" in text


def test_bars_in_data_end_no_cell_and_are_shown_as_they_are(evaluations, written):
    rule = RuleVerdict("a|b >= 0.5", "a|b", "one", "fail", 0.1, 0.0, 0.2, 0.95, 20, 0, True)
    verdict = Verdict("fail", (rule,), ("c|0",), (), 0.05, "dataset", 40, 20, 40, 20)
    rows = [{"id": "c|0", "inputs": {"q": "x"}}]
    record = evaluations.add([{"case": 0, "scores": {"contains": contains(0)}}], cases=rows, verdict=verdict)
    text = written("markdown", record)
    assert "must pass and did not: `c|0`" in text
    assert "failed: a|b >= 0.5" in text
    assert "c|0" in [row[0] for row in cells(text)]


def test_scores_that_labels_correct_have_a_table_and_the_others_a_reason(written, labelled):
    text = written("markdown", labelled)
    row = next(row for row in cells(text) if row[:2] == ["old", "contains"])
    assert row[2].startswith("0.545 [")
    assert row[3] == "30"
    assert "not corrected by labels: new contains, new passed: no case of it has a label" in text
