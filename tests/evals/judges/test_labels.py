"""Labels files: JSONL and CSV, what is missing, what contradicts itself."""

import itertools
import json

import pytest

from genops.errors import DefinitionError, InputError
from genops.evals.judges.labels import Labels


@pytest.fixture
def load(tmp_path):
    def load(*rows, name="labels.jsonl"):
        path = tmp_path / name
        text = "".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows)
        path.write_text(text, encoding="utf-8")
        return Labels.load(path)

    return load


def test_a_row_is_a_case_and_a_judges_word_on_it(load):
    labels = load({"id": 7, "human": "yes", "judge": "j", "verdict": "no", "cluster": "c", "output": "text"})
    (row,) = labels.judges["j"]
    assert (row.case, row.human, row.verdict, row.cluster, row.lengths) == ("7", "yes", "no", "c", (4.0,))
    assert (labels.kind, labels.human) == ("word", {"7": "yes"})


def test_the_recorded_format_of_pairs(load):
    labels = load(
        {"case": 0, "judge": "j", "human": "1", "forward": "2", "swapped": "None", "output_1": "a", "output_2": "bb"}
    )
    (row,) = labels.rows
    assert (row.verdicts, row.both_orders, row.lengths, row.flips) == (("2", None), True, (1.0, 2.0), False)
    assert labels.kind == "pair"


def test_csv_is_read_too(load):
    labels = load("id,human,verdict\n1,4,5\n2,,3\n3,2,\n", name="labels.csv")
    assert labels == load("id\thuman\tverdict\n1\t4\t5\n2\t\t3\n3\t2\t\n", name="labels.tsv")
    assert [(row.human, row.verdict) for row in labels.judges["judge"]] == [("4", "5"), (None, "3"), ("2", None)]
    assert labels.kind == "number"


def test_a_row_that_names_no_judge_among_others_is_a_persons_alone(load):
    labels = load("id,human,judge,verdict\n1,yes, gpt,yes\n2,no,gpt,\n3,no,,\n", name="labels.csv")
    assert {name: [row.case for row in rows] for name, rows in labels.judges.items()} == {"gpt": ["1", "2"]}
    assert labels.human == {"1": "yes", "2": "no", "3": "no"}


def test_numbers_of_many_digits_stay_apart(load):
    (row,) = load({"id": 1, "human": 10000001, "verdict": "10000002"}).rows
    assert (row.human, row.verdict) == ("10000001", "10000002")


@pytest.mark.parametrize("missing", [None, "", "None", "null", "NaN", " "])
def test_what_is_no_verdict(load, missing):
    assert load({"id": 1, "human": "yes", "verdict": missing}).rows[0].verdict is None


@pytest.mark.parametrize(
    ("raw", "label"), [(1, "1"), (1.0, "1"), ("1.0", "1"), (True, "yes"), ("Yes", "yes"), (0.5, "0.5")]
)
def test_equal_labels_are_one(load, raw, label):
    assert load({"id": 1, "human": raw}).human == {"1": label}


def test_people_and_judges_may_have_rows_of_their_own(load):
    labels = load(
        {"id": 1, "judge": "a", "verdict": "no"}, {"id": 1, "judge": "b", "verdict": "yes"}, {"id": 1, "human": "yes"}
    )
    assert {row.human for rows in labels.judges.values() for row in rows} == {"yes"}


def test_several_files_are_one(tmp_path):
    for name, row in (("a", {"id": 1, "human": "yes"}), ("b", {"id": 1, "verdict": "no"})):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row))
    labels = Labels.load(tmp_path / "a.jsonl", tmp_path / "b.jsonl")
    assert labels.judges["judge"][0].human == "yes"


def test_a_second_row_of_a_judge_is_its_word_when_asked_again(load):
    labels = load(*({"id": 1, "human": "yes", "verdict": word} for word in ("yes", "no", None)))
    assert labels.rows[0].again == ("no", None)


def test_a_label_that_is_taken_back_is_gone(load):
    labels = load(
        {"id": 1, "human": "yes"}, {"id": 1, "undo": True}, {"id": 2, "human": "no"}, {"id": 1, "human": "no"}
    )
    assert labels.human == {"1": "no", "2": "no"}


def test_a_case_that_was_chosen_and_drawn_counts_as_drawn(load):
    rows = [{"id": n, "human": "yes", "drawn": "chosen"} for n in (1, 2)]
    assert load(*rows, {"id": 1, "human": "yes", "drawn": "random"}).chosen == {"2"}


@pytest.mark.parametrize(
    ("label", "rows", "value"),
    [
        ("first", [{"id": 1, "human": "first", "forward": "a", "swapped": "b"}], 1.0),
        ("tie", [{"id": 1, "human": "tie", "forward": "1", "swapped": "2"}], 0.5),
        ("pass", [{"id": 1, "human": "pass"}], 1.0),
        ("no", [{"id": 1, "human": "no"}], 0.0),
        ("blue", [{"id": 1, "human": "blue"}], None),
        ("3", [{"id": n, "human": n} for n in (1, 2, 3)], 3.0),
    ],
)
def test_labels_as_numbers(load, label, rows, value):
    assert load(*rows).value(label) == value


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "there are no rows"),
        (["{]\n"], "labels.jsonl:1: not JSON"),
        (["[1]\n"], "a row is a JSON object"),
        ([{"human": "yes"}], "has no `id`"),
        ([{"id": 1, "human": "yes"}, {"id": 1, "human": "no"}], "labels.jsonl:2: case '1' is 'no' here and 'yes' at"),
        ([{"id": 1, "human": ["yes"]}], "a label is a word or a number"),
        ([{"id": 1, "drawn": "often"}], "`drawn` is random or chosen"),
        ([{"id": 1, "length": "long"}], "`length` is a number of characters"),
    ],
)
def test_broken_files(load, rows, message):
    with pytest.raises(DefinitionError) as caught:
        load(*rows)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,human\n1,yes,no\n", "3 fields, and the header has 2"),
        ("id,human,forward,swapped\n1,1,1\n", "3 fields, and the header has 4"),
        ("id,human,human\n1,yes,no\n", "two columns are called 'human'"),
    ],
)
def test_broken_tables(load, text, message):
    with pytest.raises(InputError, match=message):
        load(text, name="labels.csv")


def test_a_table_of_large_cells_and_other_separators(load):
    text = "id;human;output\n" + f"1;yes;{'x' * 200_000}\n2;no;one\u2028line\n"
    assert [row.lengths for row in load(text, name="labels.csv").rows] == [(200_000.0,), (8.0,)]


def test_a_number_that_no_scale_has(load):
    with pytest.raises(DefinitionError, match=r"labels.jsonl:1: a label is a number of common size, not 1e\+308"):
        load({"id": 1, "human": 1e308})


class TestWordsThatMeanTheSame:
    """A judge says in its own words what people say in theirs."""

    def test_of_pairs(self, load):
        labels = load(
            {"id": 1, "human": "1", "forward": "first", "swapped": "b"},
            {"id": 2, "human": "2", "forward": "second", "swapped": "tie"},
        )
        assert [row.verdicts for row in labels.rows] == [("1", "2"), ("2", "tie")]

    def test_of_words(self, load):
        labels = load({"id": 1, "human": True, "verdict": "pass"}, {"id": 2, "human": "no", "verdict": 0})
        assert [(row.human, row.verdict) for row in labels.rows] == [("yes", "yes"), ("no", "no")]

    def test_true_is_true_in_every_format(self, load):
        assert load("id,human,verdict\n1,true,FALSE\n", name="l.csv").rows[0].verdict == "no"

    def test_two_words_of_people_are_two(self, load):
        labels = load(
            {"id": 1, "human": "good", "verdict": "pass"},
            {"id": 2, "human": "correct", "verdict": "correct"},
        )
        assert [row.verdict for row in labels.rows] == ["pass", "correct"]

    def test_a_word_among_numbers_is_no_verdict(self, load):
        labels = load({"id": 1, "human": 4, "verdict": "five"}, {"id": 2, "human": 5, "verdict": 5})
        assert (labels.kind, [row.verdict for row in labels.rows]) == ("number", [None, "5"])


@pytest.mark.parametrize(
    ("human", "kind"),
    [
        ((0, 1), "word"),
        ((0.5, 1), "number"),
        ((1, 2), "number"),
        (("1", "2", "tie"), "pair"),
        (("a", "b"), "word"),
        (("yes", 1), "word"),
    ],
)
def test_what_labels_are(load, human, kind):
    assert load(*({"id": number, "human": word} for number, word in enumerate(human))).kind == kind


def test_what_one_file_tells_of_a_case_holds_for_the_rows_of_another(tmp_path):
    judged = {"id": 1, "forward": "1", "swapped": "1"}
    people = {"id": 1, "human": "1", "cluster": "k", "output_1": "a", "output_2": "bb"}
    for name, row in (("judge", judged), ("people", people)):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row))
    (row, _) = Labels.load(tmp_path / "judge.jsonl", tmp_path / "people.jsonl").rows
    assert (row.judge, row.cluster, row.lengths, row.shown["output_2"]) == ("judge", "k", (1.0, 2.0), "bb")


@pytest.mark.parametrize("order", [*itertools.permutations(("cases", "people", "judge"))])
def test_what_a_file_tells_of_a_case_holds_in_any_order_of_the_files(tmp_path, order):
    rows = {
        "cases": {"id": 1, "cluster": "k", "output_1": "a", "output_2": "bb"},
        "people": {"id": 1, "human": "1", "pair": True},
        "judge": {"id": 1, "judge": "j", "verdict": "1"},
    }
    for name, row in rows.items():
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row))
    labels = Labels.load(*(tmp_path / f"{name}.jsonl" for name in order))
    (row,) = labels.judges["j"]
    assert (row.human, row.cluster, row.lengths, row.shown["output_2"]) == ("1", "k", (1.0, 2.0), "bb")
    assert labels.kind == "pair"


def test_a_judge_that_is_asked_again_may_tell_more_of_the_case(load):
    labels = load({"id": 1, "verdict": "no"}, {"id": 1, "verdict": "yes", "cluster": "k", "output": "text"})
    (row,) = labels.judges["judge"]
    assert (row.verdict, row.again, row.cluster, row.lengths) == ("no", ("yes",), "k", (4.0,))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(DefinitionError, match="nowhere"):
        Labels.load(tmp_path / "nowhere.jsonl")


def test_one_case_may_be_labelled_for_each_variant_and_score(load):
    labels = load(
        {"id": "c1", "human": "yes"},
        {"id": "c1", "human": "no", "variant": "new"},
        {"id": "c1", "human": "4", "variant": "new", "metric": "brief"},
        {"id": "c2", "human": "5", "variant": "new", "metric": "brief"},
        {"id": "c3", "human": "no", "metric": "brief"},
    )
    assert list(labels.human) == ["c1", "c1 of new", "c1 of new, brief", "c2 of new, brief", "c3, brief"]
    assert labels.of("new", "kind", first=False).human == {"c1": "no"}
    brief = labels.of("new", "brief", first=False)
    assert (brief.human, brief.value("4")) == ({"c1": "4", "c2": "5"}, 4.0)
    assert labels.of("old", "brief", first=True).human == {"c1": "yes", "c3": "no"}
    assert labels.of("old", "kind", first=False).human == {}


def test_a_label_that_contradicts_another_of_the_same_variant_is_refused(load):
    same = {"id": "c1", "variant": "new"}
    with pytest.raises(DefinitionError, match="case 'c1 of new' is 'yes' here and 'no' at"):
        load({**same, "human": "no"}, {**same, "human": "yes"})


def test_variants_of_one_case_are_one_cluster(load):
    labels = load({"id": "c1", "human": "yes", "variant": "old"}, {"id": "c1", "human": "no", "variant": "new"})
    assert [row.cluster for row in labels.rows] == ["c1", "c1"]
