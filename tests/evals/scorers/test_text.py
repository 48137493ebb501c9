"""Scorers of plain text."""

import pytest

from genops.evals import Unscored, find_scorer
from genops.evals.scorers import regex as regex_module
from genops.evals.scorers.contains import contains
from genops.evals.scorers.ends_with import ends_with
from genops.evals.scorers.equals import equals
from genops.evals.scorers.length import length
from genops.evals.scorers.regex import regex_matches
from genops.evals.scorers.starts_with import starts_with


@pytest.mark.parametrize(
    ("output", "expected", "settings", "value"),
    [
        ("Paris and Lyon", "Paris", {}, 1),
        ("Paris and Lyon", ["Paris", "Lyon"], {}, 1),
        ("Paris and Lyon", ["Paris", "Nice"], {}, 0),
        ("Paris and Lyon", ["Paris", "Nice"], {"mode": "any"}, 1),
        ("Paris and Lyon", ["Nice"], {"mode": "none"}, 1),
        ("Paris and Lyon", ["Nice", "Lyon"], {"mode": "none"}, 0),
        ("paris", "Paris", {}, 0),
        ("paris", "Paris", {"ignore_case": True}, 1),
        ("", "Paris", {}, 0),
        ("straße", "STRASSE", {"ignore_case": True}, 1),
    ],
)
def test_contains(output, expected, settings, value):
    assert contains(output, expected, **settings).value == value


@pytest.mark.parametrize("scorer", [contains, starts_with, ends_with])
@pytest.mark.parametrize("expected", ["", ["Paris", ""]])
def test_an_empty_text_stands_in_every_output_and_tells_nothing(scorer, expected):
    with pytest.raises(Unscored, match="the expected text is empty"):
        scorer("Paris and Lyon", expected)


def test_white_space_is_a_text_to_contain_and_none_to_begin_with():
    assert contains("one\ntwo", "\n").value == 1
    with pytest.raises(Unscored, match="the expected text is empty"):
        starts_with("one", " ")


def test_contains_names_what_is_missing_alone():
    assert contains("paris", ["Paris", "Lyon"], ignore_case=True).explanation == "lacks 'Lyon'"


@pytest.mark.parametrize(
    ("output", "expected", "settings", "difference"),
    [
        ("Paris", "Paris", {}, ""),
        ("Paris ", "Paris", {}, "is 'Paris ', not 'Paris'"),
        ("PARIS", "Paris", {"ignore_case": True}, ""),
        (4, 4.0, {}, ""),
        ("4", 4, {}, "is '4', not 4"),
        (1, True, {}, "is 1, not True"),
        (0.30000000000000004, 0.3, {}, "is 0.30000000000000004, not 0.3"),
        (0.30000000000000004, 0.3, {"tolerance": 1e-9}, ""),
        (1.1, 1.0, {"tolerance": 0.1}, ""),
        (1.11, 1.0, {"tolerance": 0.1}, "is 1.11, not 1.0"),
        ({"a": 1, "b": [2]}, {"b": [2], "a": 1}, {}, ""),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, {}, "$.a[0].b is 1, not 2"),
        ({"a": 1}, {"a": 1, "b": 2}, {}, "lacks 'b'"),
        ({"a": 1, "c": 2}, {"a": 1}, {}, "has 'c' besides"),
        ([1, 2], [1], {}, "has 2 items, not 1"),
        (None, "Paris", {}, "is None, not 'Paris'"),
        (float("nan"), 1.0, {}, "is nan, not 1.0"),
    ],
)
def test_equals_says_where_the_first_difference_is(output, expected, settings, difference):
    score = equals(output, expected, **settings)
    assert (score.value, score.explanation) == (float(not difference), difference)


@pytest.mark.parametrize(
    ("output", "pattern", "settings", "value"),
    [
        ("code 42.", r"\d+", {}, 1),
        ("code 42.", r"\d+", {"match": "full"}, 0),
        ("42", r"\d+", {"match": "full"}, 1),
        ("code", r"\d+", {"negated": True}, 1),
        ("code 42", r"\d+", {"negated": True}, 0),
        ("PARIS", "paris", {}, 0),
        ("PARIS", "paris", {"ignore_case": True}, 1),
        ("", ".+", {}, 0),
        ("são", r"\p{L}+", {"match": "full"}, 1),
    ],
)
def test_regex(output, pattern, settings, value):
    assert regex_matches(output, pattern, **settings).value == value


def test_what_a_regex_found_is_its_evidence():
    (found,) = regex_matches("code 42.", r"\d+").evidence
    assert (found.text, found.span) == ("42", (5, 7))


def test_a_regex_that_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(regex_module, "SECONDS", 0.05)
    with pytest.raises(Unscored, match=r"took more than 0.05 s"):
        regex_matches("a" * 60 + "b", r"(a|a)*$|(?:(?:a?){60}a{60})+c")


def test_a_broken_regex_is_refused_when_the_suite_is_read():
    with pytest.raises(ValueError, match=r"`pattern`: .*not a regular expression: missing \)"):
        find_scorer("regex").settings["pattern"].check("(a")


@pytest.mark.parametrize(
    ("scorer", "output", "expected", "settings", "value"),
    [
        (starts_with, "Yes, it is.", "Yes", {}, 1),
        (starts_with, "\n Yes", "Yes", {}, 1),
        (starts_with, "yes", "Yes", {}, 0),
        (starts_with, "yes", "Yes", {"ignore_case": True}, 1),
        (starts_with, "No", ["Yes", "No"], {}, 1),
        (starts_with, "", "Yes", {}, 0),
        (ends_with, "The answer is 4.\n", "4.", {}, 1),
        (ends_with, "The answer is 4", "4.", {}, 0),
        (ends_with, "DONE", ["done", "ready"], {"ignore_case": True}, 1),
    ],
)
def test_starts_with_and_ends_with(scorer, output, expected, settings, value):
    assert scorer(output, expected, **settings).value == value


@pytest.mark.parametrize(
    ("output", "unit", "counted"),
    [
        ("", "words", 0),
        ("", "sentences", 0),
        ("Don't over-think it.", "words", 3),
        ("naïve café", "words", 2),
        ("äö", "characters", 2),
        ("One, e.g. this. Two! Three?", "sentences", 3),
        ("一。二。", "sentences", 2),
        ("# Title\n\nOne line.\n\n```\nx = 1. y\n```\n\n- item\n- item", "sentences", 3),
        ("hello world", "tokens", 2),
    ],
)
def test_length_counts(output, unit, counted):
    assert length(output, unit).metadata == {unit: counted}


def test_length_is_within_bounds():
    assert length("one two three", at_least=2, at_most=3).value == 1
    assert length("one two three", at_most=2).explanation == "3 words, not 0 to 2"
    assert length("one", at_least=2).explanation == "1 words, not at least 2"


def test_a_number_is_expected_as_text_and_a_mapping_is_refused():
    expected = find_scorer("contains").settings["expected"]
    assert contains("It is 42.", expected.check(42)).value == 1
    with pytest.raises(ValueError, match=r"expected\.answer"):
        expected.check({"answer": "Paris"})


@pytest.mark.parametrize("name", ["contains", "equals", "starts_with", "json_path"])
def test_a_case_with_nothing_expected_is_unscored_and_told_what_to_add(name: str):
    with pytest.raises(Unscored, match="give the case an `expected`"):
        find_scorer(name).settings["expected"].check(None)
