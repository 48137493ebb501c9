import operator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.errors import InputError
from genops.retrieval.filters import And, Columns, Comparison, Membership, Not, Or, parse_filter

ROWS = [
    {"lang": "en", "year": 2019, "tags": ["a", "b"], "draft": False, "score": 0.5},
    {"lang": "id", "year": 2020, "tags": "b", "draft": True},
    {"lang": "en", "year": 2024, "tags": [], "score": float("nan")},
    {"lang": None},
]


def kept(raw, rows=ROWS):
    return np.flatnonzero(Columns.of(rows).mask(parse_filter(raw))).tolist()


@pytest.mark.parametrize(
    ("raw", "rows"),
    [
        ({}, [0, 1, 2, 3]),
        ({"or": []}, []),
        ({"lang": "en"}, [0, 2]),
        ({"lang": "pt"}, []),
        ({"year": {">=": 2020}}, [1, 2]),
        ({"year": {"<": 2019.5}}, [0]),
        ({"year": 2020.0}, [1]),
        ({"draft": False}, [0]),
        ({"score": {"<=": 1}}, [0]),
        ({"lang": "en", "year": {"<": 2020}}, [0]),
        ({"or": [{"lang": "id"}, {"year": 2024}]}, [1, 2]),
    ],
)
def test_a_filter_keeps_the_rows_that_it_holds_for(raw, rows):
    assert kept(raw) == rows


@pytest.mark.parametrize(
    ("raw", "rows"),
    [
        ({"tags": "b"}, [0, 1]),
        ({"tags": {"in": ["a", "z"]}}, [0]),
        ({"tags": {"!=": "a"}}, [1, 2]),
        ({"tags": {"not in": ["a", "b"]}}, [2]),
    ],
)
def test_a_list_is_compared_by_its_items_and_text_among_lists_is_a_list_of_one(raw, rows):
    assert kept(raw) == rows


@pytest.mark.parametrize(
    ("raw", "rows"),
    [
        ({"lang": {"!=": "en"}}, [1]),
        ({"lang": {"not in": ["en"]}}, [1]),
        ({"lang": {"not in": []}}, [0, 1, 2]),
        ({"not": {"lang": "en"}}, [1, 3]),
        ({"not": {"score": {">": 0}}}, [1, 2, 3]),
    ],
)
def test_a_missing_value_satisfies_nothing_but_not(raw, rows):
    assert kept(raw) == rows


def test_iso_dates_compare_by_time():
    rows = [{"day": "2023-12-31"}, {"day": "2024-01-01"}, {"day": "2024-01-01T08:00:00Z"}, {"day": "2024-02-01"}]
    assert kept({"day": {">=": "2024-01-01", "<": "2024-02"}}, rows) == [1, 2]


def test_integers_compare_exactly_beyond_the_precision_of_floats():
    rows = [{"id": 2**53}, {"id": 2**53 + 1}, {"id": 2**80}]
    assert kept({"id": 2**53 + 1}, rows) == [1]
    assert kept({"id": {">": float(2**53)}}, rows) == [1, 2]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"lng": "en"}, r"no document has a field 'lng'\n.*did you mean lang"),
        ({"lang": 1}, "field 'lang' holds text and cannot be compared with 1"),
        ({"year": "2020"}, "field 'year' holds numbers and cannot be compared with '2020'"),
        ({"year": {"in": [2020, True]}}, "cannot be compared with True"),
        ({"draft": 1}, "field 'draft' holds truth values and cannot be compared with 1"),
        ({"tags": 1}, "field 'tags' holds lists of text and cannot be compared with 1"),
        ({"tags": {"<": "b"}}, "field 'tags' holds lists of text: < has no meaning"),
    ],
)
def test_what_cannot_be_answered_is_an_error_and_no_empty_result(raw, message):
    with pytest.raises(InputError, match=message):
        kept(raw)


def test_a_field_of_several_types_is_an_error_only_where_it_is_asked_for():
    rows = [{"version": 1.0, "lang": "en"}, {"version": 2, "lang": "en"}, {"version": "1.0.1", "lang": "id"}]
    assert kept({"lang": "en"}, rows) == [0, 1]
    with pytest.raises(InputError, match=r"holds numbers \(2\), text \(1\): they do not"):
        kept({"version": "1.0.1"}, rows)


def test_no_rows_have_no_fields():
    assert kept({}, []) == []
    with pytest.raises(InputError, match=r"no document has a field 'lang'\n.*there are none"):
        kept({"lang": "en"}, [])


# Against a plain reading of the definition, one row at a time.

NUMBERS = st.one_of(st.integers(-3, 3), st.sampled_from([-1.5, 0.0, 0.5, 2.0, float("inf"), 2**53, 2**53 + 1, 2.0**53]))
TEXTS = st.text("aé\U0001f600\0", max_size=2)
VALUES = {"number": NUMBERS, "text": TEXTS, "truth": st.booleans(), "list": TEXTS}
HELD = {**VALUES, "list": st.lists(TEXTS, max_size=3)}
ALWAYS = {"number": 0, "text": "a", "truth": True, "list": ["a"]}
TESTS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

rows_of_any = st.lists(st.fixed_dictionaries({}, optional=HELD), max_size=8).map(lambda rows: [ALWAYS, *rows])


@st.composite
def conditions(draw):
    field = draw(st.sampled_from(sorted(VALUES)))
    if draw(st.booleans()):
        values = draw(st.lists(VALUES[field], max_size=3))
        return Membership(field, draw(st.sampled_from(["in", "not in"])), tuple(values))
    orders = ["<", "<=", ">", ">="] if field in ("number", "text") else []
    return Comparison(field, draw(st.sampled_from(["==", "!=", *orders])), draw(VALUES[field]))


def combined(filters):
    several = st.lists(filters, max_size=3).map(tuple)
    return st.one_of(several.map(And), several.map(Or), filters.map(Not))


def holds(wanted, row):
    match wanted:
        case And(parts):
            return all(holds(part, row) for part in parts)
        case Or(parts):
            return any(holds(part, row) for part in parts)
        case Not(part):
            return not holds(part, row)
    if wanted.field not in row:
        return False
    held = row[wanted.field]
    if isinstance(wanted, Comparison) and wanted.operator in TESTS:
        return TESTS[wanted.operator](held, wanted.value)
    values = wanted.values if isinstance(wanted, Membership) else (wanted.value,)
    among = any(item in values for item in held) if isinstance(held, list) else held in values
    return among == (wanted.operator in ("==", "in"))


@given(rows_of_any, st.recursive(conditions(), combined, max_leaves=6))
def test_columns_mean_what_the_rows_mean(rows, wanted):
    assert Columns.of(rows).mask(wanted).tolist() == [holds(wanted, row) for row in rows]


def data_form(wanted):
    match wanted:
        case And(parts):
            return {"and": [data_form(part) for part in parts]}
        case Or(parts):
            return {"or": [data_form(part) for part in parts]}
        case Not(part):
            return {"not": data_form(part)}
        case Membership(field, named, values):
            return {field: {named: list(values)}}
        case Comparison(field, named, value):
            return {field: {named: value}}


@given(st.recursive(conditions(), combined, max_leaves=6))
def test_every_filter_can_be_written_as_data(wanted):
    assert parse_filter(data_form(wanted)) == wanted
