import datetime

import pytest

from genops.errors import InputError
from genops.retrieval.filters import And, Comparison, Membership, Not, Or, parse_filter
from genops.retrieval.filters.parse import MAX_DEPTH


def test_a_value_under_a_field_means_equality():
    assert parse_filter({"lang": "en"}) == Comparison("lang", "==", "en")


def test_several_keys_and_several_operators_must_all_hold():
    assert parse_filter({"lang": "en", "year": {">=": 2020, "<": 2024}}) == And(
        (Comparison("lang", "==", "en"), And((Comparison("year", ">=", 2020), Comparison("year", "<", 2024))))
    )


def test_membership_takes_a_list():
    assert parse_filter({"lang": {"in": ["en", "id"]}}) == Membership("lang", "in", ("en", "id"))
    assert parse_filter({"lang": {"not in": []}}) == Membership("lang", "not in", ())


def test_filters_combine():
    english, old = Comparison("lang", "==", "en"), Comparison("year", "<", 2000)
    raw = [{"lang": "en"}, {"year": {"<": 2000}}]
    assert parse_filter({"and": raw}) == And((english, old))
    assert parse_filter({"or": raw}) == Or((english, old))
    assert parse_filter({"not": {"or": raw}}) == Not(Or((english, old)))
    assert parse_filter({"or": raw, "lang": "en"}) == And((Or((english, old)), english))


def test_an_empty_mapping_holds_for_everything():
    assert parse_filter({}) == And(())


def test_fields_are_those_looked_at():
    raw = {"or": [{"lang": "en"}, {"not": {"year": {"in": [1]}}}], "and": [{"tags": {"!=": "a"}}]}
    assert parse_filter(raw).fields() == {"lang", "year", "tags"}


def test_a_filter_is_a_value():
    assert len({parse_filter({"a": {"in": [1, 2]}}), parse_filter({"a": {"in": [1, 2]}})}) == 1


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("en", "filter: a filter is a mapping, not 'en'"),
        (None, "filter: a filter is a mapping, not null"),
        ({"and": {"a": 1}}, "filter: and: takes a list of filters, not a mapping"),
        ({"and": [{"a": 1}, 2]}, r"filter: and\[1\]: a filter is a mapping, not 2"),
        ({"and": [{}, {"year": {"~": 1}}]}, r"filter: and\[1\]\.year: unknown operator '~'"),
        ({"or": [{"not": {"a": None}}]}, r"filter: or\[0\]\.not\.a: null compares with nothing"),
        ({"not": [{"a": 1}]}, "filter: not: a filter is a mapping, not a list"),
        ({"year": {}}, "filter: year: no operator"),
        ({"year": [1, 2]}, r"filter: year: a list is no value\n.*\{\"in\": \[1, 2\]\}"),
        ({"year": {"in": 1}}, "filter: year.in: takes a list of values, not 1"),
        ({"year": {"in": [1, {}]}}, r"filter: year\.in\[1\]: a mapping is no value"),
        ({"year": {">": float("nan")}}, "filter: year.>: NaN compares with nothing"),
        ({"draft": {">": True}}, "filter: draft.>: truth values have no order"),
        ({"day": datetime.date(2024, 1, 1)}, r"filter: day: .* is no value.*\n.*ISO 8601"),
        ({">": 1}, "filter: >: an operator where a field's name belongs"),
        ({3: 1}, "filter: a field's name is text, not 3"),
        ({"": 1}, "filter: a field's name is text, not ''"),
    ],
)
def test_what_is_no_filter_is_refused_by_its_place(raw, message):
    with pytest.raises(InputError, match=message):
        parse_filter(raw)


def test_nesting_is_bounded():
    raw = {"a": 1}
    for _ in range(MAX_DEPTH):
        raw = {"not": raw}
    parse_filter(raw)
    with pytest.raises(InputError, match="deep"):
        parse_filter({"not": raw})
