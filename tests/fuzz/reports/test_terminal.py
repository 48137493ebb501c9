"""The report for a terminal: the verdict and what was found first, and no rate without its interval."""

from functools import partial
from io import StringIO

import pytest

from genops.fuzz.reports import terminal
from genops.fuzz.summary import Accuracy, compare
from tests.fuzz.stored import right, under


@pytest.fixture
def written(written):
    return partial(written, "terminal")


TRIES = [{"outcome": "breach" if n % 3 == 0 else "safe", "mutations": under("base64")} for n in range(48)]
SEARCHED = [{"outcome": "breach", "phase": "search"}] * 7
EVIL = "ig\u200bnore \u202eall\x1b[2J\ud800\U000e0041 \\x and\nmore"


def test_the_verdict_and_findings_come_before_the_numbers(written):
    text = written(TRIES + SEARCHED, [{"mutations": under("base64")}])
    words = (
        "exit code 1",
        "FINDING",
        "RATE, 95%",
        "search and strategies:",
        "MUTATOR ",
        "LET THROUGH",
        "AT LEAST ONE",
    )
    places = [text.index(word) for word in words]
    assert places == sorted(places)


def test_a_finding_names_its_step_its_mutators_and_how_to_see_its_trace(written):
    lines = written(TRIES, [{"mutations": under("base64")}]).splitlines()
    place = next(place for place, line in enumerate(lines) if "fff" in line)
    for word in ("high", "prompt_extraction", "answer", "base64", "Show me.", "leak exact", "aaaaaaaaaaaa"):
        assert word in lines[place]
    for command in ("genops fuzz repro ffffffffffff", "genops trace show aaaaaaaaaaaa"):
        assert command in lines[place + 1]


def test_an_attack_is_shown_and_does_not_act(written):
    text = written(TRIES, [{"text": EVIL, "start": EVIL}])
    assert r"ig\u200bnore \u202eall\x1b[2J\ud800\U000e0041 \\x and\nmore" in text
    assert all(character.isprintable() or character == "\n" for character in text)
    text.encode()


def test_a_long_attack_is_cut_and_says_so(written):
    assert "… (99,840 more characters)" in written(TRIES, [{"text": "a" * 100_000}])


def test_no_breach_is_never_called_safe(written):
    text = written([{"outcome": "safe"}] * 48)
    assert "no breach was found (exit code 0)" in text
    assert "no breach in 48 tries, rate at most 26.5% (95%)" in text
    assert "0.0% [0.0%, 26.5%]" in text


def test_the_five_outcomes_have_a_column_each(written):
    kinds = ["breach", "safe", "safe", "crashed", "unscored", "infrastructure"]
    lines = written([{"outcome": kind} for kind in kinds]).splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("OBJECTIVE") and "SEVERITY" in line)
    words = " ".join(lines[head].split("SEEDS")[1].split())
    assert words == "BREACH SAFE CRASHED UNSCORED INFRASTRUCTURE FAILED WERE ALL OTHERS SAFE, BREACH"
    assert lines[head + 1].split()[-8:] == ["3", "1", "2", "1", "1", "1", "16.7%,", "66.7%"]


def test_what_no_detector_can_tell_is_not_identified(written):
    chance = {"prompt_extraction": Accuracy(right(5, 10), right(5, 10))}
    assert "not identified" in written(TRIES, accuracy=chance)


def test_what_labels_say_of_the_detectors_is_there(written):
    text = written(TRIES, accuracy={"prompt_extraction": Accuracy(right(29, 30), right(40, 40))})
    head, row = text.partition("detectors by labels of tries drawn at random")[2].splitlines()[1:3]
    assert head.split() == ["OBJECTIVE", "SENSITIVITY,", "95%", "SPECIFICITY,", "95%"]
    assert row.split("  ")[1:] == ["96.7% [82.8%, 99.9%] of 30", "100.0% [91.2%, 100.0%] of 40"]


def test_a_correction_that_labels_leave_open_says_so(written):
    few = {"prompt_extraction": Accuracy(right(1, 1), right(1, 10))}
    assert "the labels are too few" in " ".join(written(TRIES, accuracy=few).split())


def test_a_comparison_has_a_difference_and_both_tests(campaigns):
    before, after = campaigns.add(TRIES), campaigns.add([{**one, "outcome": "safe"} for one in TRIES])
    out = StringIO()
    terminal.write_comparison(compare(campaigns.store, before, after), out)
    assert f"{after.id[:12]} against {before.id[:12]}" in out.getvalue()
    assert "−33.3 points [" in out.getvalue()
    assert "16/0/0" in out.getvalue()


def asked(*outcomes, relation="case"):
    where = {"step": "tidy", "prompt": "ask"}
    about = {"phase": "robustness", "objective": relation, "scores": {"same": {"metadata": where}}}
    return [{**about, "outcome": outcome, "seed": f"case {number}"} for number, outcome in enumerate(outcomes)]


def test_a_comparison_of_robustness_tells_the_changed_answers(campaigns):
    about = {"objectives": (), "robustness": {"relations": ["case"], "tries": 12, "at_most": {}}}
    before, after = (campaigns.add(asked(*[outcome] * 12), **about) for outcome in ("changed", "same"))
    out = StringIO()
    terminal.write_comparison(compare(campaigns.store, before, after), out)
    assert "changed answers, paired by case and change" in out.getvalue()
    assert "−100.0 points" in out.getvalue()
    assert "OBJECTIVE" not in out.getvalue()


STEADY = [
    *asked(*["asked"] * 12, relation="source"),
    *asked(*["same"] * 12, relation="unchanged"),
    *asked(*["changed"] * 6, *["same"] * 5, "skipped"),
    *asked(*["same"] * 12, relation="typo"),
]
ABOUT = {"relations": ["case", "typo"], "tries": 48, "at_most": {}}


def rows(text, head):
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(head))
    return lines[start + 1 : start + 4]


def test_a_change_stands_beside_no_change_with_all_that_became_of_it(written):
    text = written(STEADY, objectives=(), robustness=ABOUT)
    alone, case, typo = rows(text, "CHANGE   ")
    assert alone.split()[:4] == ["unchanged", "0.0%", "[0.0%,", "26.5%]"]
    assert case.startswith("case")
    assert "54.5% [23.4%, 83.3%]  +54.5 points [+19.5 points, +89.6 points]" in case
    assert case.split()[-7:] == ["11", "5", "6", "0", "0", "1", "0"]
    assert typo.startswith("typo")
    assert "answers were compared, nothing is decided (exit code 0)" in text
    assert "OBJECTIVE" not in text


def test_the_prompt_that_changes_first_and_answers_that_changed_are_there_to_look_at(written):
    text = written(STEADY, objectives=(), robustness=ABOUT)
    assert rows(text, "PROMPT")[0].split()[:2] == ["ask", "tidy"]
    first = rows(text, "CHANGE  CASE")[0]
    assert first.split()[:3] == ["case", "case", "0"]
    assert f"genops trace diff {0:012x} " in first


def test_what_is_allowed_stands_beside_it_where_something_is(written):
    text = written(STEADY, objectives=(), robustness={**ABOUT, "at_most": {"case": 0.1}})
    assert "bad: answers changed more than is allowed (exit code 1)" in text
    assert "+10.0 points" in rows(text, "CHANGE   ")[1]
    text = written(STEADY, objectives=(), robustness={**ABOUT, "at_most": {"typo": 0.3}})
    assert "answers changed no more than is allowed (exit code 0)" in text


def test_an_attacker_that_declines_is_told_from_a_server_that_fails(written):
    ended = {"outcome": "infrastructure", "phase": "strategy", "error": {"type": "AttackerRefused"}}
    text = written([{"outcome": "safe"}] * 48 + [ended] * 3)
    assert "the attacker model refused 3 tries: of these nothing is known" in text
    assert "no breach was found (exit code 0)" in text
    assert "ATTACKER REFUSED" in text
    assert "the attacker model" not in written([{"outcome": "safe"}] * 48)


def test_where_an_attacker_writes_several_fields_each_has_its_rate_and_findings_name_theirs(written):
    tries = [{"field": "notes" if n % 2 else "question", "outcome": "breach" if n % 2 else "safe"} for n in range(48)]
    lines = [line.split() for line in written(tries, [{"field": "notes"}]).splitlines()]
    assert any(line[:3] == ["prompt_extraction", "question", "0.0%"] for line in lines)
    assert any(line[:3] == ["prompt_extraction", "notes", "100.0%"] for line in lines)
    assert any("f" * 12 in line and "notes" in line for line in lines)
    assert not any("FIELD" in line for line in written([{}] * 48).splitlines())


def test_a_step_may_be_the_whole_chain_or_not_known(written):
    breaches = [{"outcome": "breach"}, {"outcome": "breach", "surface": "passage"}]
    text = written(breaches, [{"step": "", "number": 0, "label": "leak exact", "text": ""}])
    assert "(an empty text)" in text
    assert text.count("(the chain as a whole)") == 2
    assert text.count("(not known)") == 1
