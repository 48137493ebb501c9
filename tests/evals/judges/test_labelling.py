"""Labelling by hand: blind, resumable, nothing lost."""

import json

import pytest

from genops.errors import GenopsError, UsageError
from genops.evals.judges.labelling import CaseLabelling
from genops.evals.judges.labels import Labels


@pytest.fixture
def pairs(tmp_path):
    rows = [
        {
            "id": n,
            "judge": "j",
            "forward": "1",
            "swapped": "2",
            "input": f"q{n}",
            "output_1": f"a{n}",
            "output_2": f"b{n}",
        }
        for n in range(40)
    ]
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Labels.load(path)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "labels.jsonl"


def all_tasks(labelling):
    """The tasks, each labelled with the first word of the scale."""
    tasks = []
    for task in labelling.tasks():
        labelling.label(task, labelling.scale[0])
        tasks.append(task)
    return tasks


def test_a_task_shows_texts_and_no_verdict(pairs, out):
    task = next(CaseLabelling(pairs, out).tasks())
    assert task.asked == f"q{task.case}"
    assert sorted(task.texts) == [f"a{task.case}", f"b{task.case}"]
    assert not hasattr(task, "verdict")


def test_the_order_of_a_pair_is_drawn_for_it_and_the_label_is_of_the_files_order(pairs, out):
    labelling = CaseLabelling(pairs, out)
    orders = set()
    for task in labelling.tasks():
        orders.add(task.swapped)
        labelling.label(task, "1" if task.texts[0].startswith("a") else "2")
    assert orders == {True, False}
    assert set(Labels.load(out).human.values()) == {"1"}


def test_a_tie_is_a_tie_in_any_order(pairs, out):
    labelling = CaseLabelling(pairs, out)
    for task in labelling.tasks():
        labelling.label(task, "tie")
    assert set(Labels.load(out).human.values()) == {"tie"}


@pytest.mark.parametrize("scale", [("A", "B", "tie"), ("second", "first"), ("1", "2", "0", "unsure")])
def test_other_words_for_the_places_turn_with_the_texts(pairs, out, scale):
    labelling = CaseLabelling(pairs, out, scale)
    first = next(word for word in scale if word.casefold() in ("1", "a", "first"))
    second = next(word for word in scale if word.casefold() in ("2", "b", "second"))
    for task in labelling.tasks():
        labelling.label(task, first if task.texts[0].startswith("a") else second)
    assert set(Labels.load(out).human.values()) == {first.casefold()}


@pytest.mark.parametrize("scale", [("left", "right"), ("1", "2", "3"), ("1", "tie"), ("a", "2"), ("yes", "no")])
def test_a_scale_that_does_not_name_the_texts_of_a_pair_is_refused(pairs, out, scale):
    with pytest.raises(UsageError, match="does not say which text of a pair is meant"):
        CaseLabelling(pairs, out, scale)


def test_a_word_that_is_read_as_no_label_is_refused(pairs, out):
    with pytest.raises(UsageError, match="None is read as no label"):
        CaseLabelling(pairs, out, ("1", "2", "None"))


@pytest.mark.parametrize("scale", ["2,1,2", "1,2,1.0", "A,b,a", "1,2,yes,true"])
def test_two_words_that_are_read_as_one_label_are_refused(pairs, out, scale):
    with pytest.raises(UsageError, match=f"--scale: .* and {scale.rpartition(',')[2]} are read as one label"):
        CaseLabelling(pairs, out, tuple(scale.split(",")))


def test_a_later_session_goes_on_in_the_same_order(pairs, out):
    whole = labelled(CaseLabelling(pairs, out.with_name("x"), seed=3), 40)
    first = labelled(CaseLabelling(pairs, out, seed=3), 5)
    second = labelled(CaseLabelling(pairs, out, seed=3), 40)
    assert first + second == whole


def labelled(labelling, count):
    """Labels so many cases; gives them in their order."""
    cases = []
    for _, task in zip(range(count), labelling.tasks(), strict=False):
        labelling.label(task, "1")
        cases.append(task.case)
    return cases


def test_another_seed_is_another_order(pairs, out):
    orders = [[next(CaseLabelling(pairs, out, seed=seed).tasks()).case] for seed in range(8)]
    assert len({tuple(order) for order in orders}) > 1


def test_every_label_is_on_disk_at_once(pairs, out):
    labelling = CaseLabelling(pairs, out)
    task = next(labelling.tasks())
    labelling.label(task, "1", "hard to say")
    (row,) = [json.loads(line) for line in out.read_text().splitlines()]
    assert (row["id"], row["note"]) == (task.case, "hard to say")


def test_a_line_that_a_crash_tore_is_cut_off(pairs, out):
    labelling = CaseLabelling(pairs, out)
    labelling.label(next(labelling.tasks()), "1")
    with out.open("a") as stream:
        stream.write('{"id": "torn", "hum')
    again = CaseLabelling(pairs, out)
    again.label(next(again.tasks()), "2")
    assert len(Labels.load(out).human) == 2


def test_a_last_line_that_an_editor_left_without_its_end_counts(pairs, out):
    labelling = CaseLabelling(pairs, out)
    labelling.label(next(labelling.tasks()), "1")
    out.write_bytes(out.read_bytes().rstrip(b"\n"))
    again = CaseLabelling(pairs, out)
    again.label(next(again.tasks()), "2")
    assert again.progress == (2, 40)
    assert len(Labels.load(out).human) == 2


@pytest.mark.parametrize(("name", "text"), [("notes.txt", "to do\nread this"), ("labels.csv", "id,human\nq1,yes")])
def test_a_file_of_something_else_is_left_as_it_is(pairs, tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(GenopsError):
        CaseLabelling(pairs, tmp_path / name)
    assert (tmp_path / name).read_text().rstrip("\n") == text


def test_two_do_not_label_into_one_file_at_once(pairs, out):
    labelling, other = CaseLabelling(pairs, out), CaseLabelling(pairs, out)
    with labelling.alone():
        with pytest.raises(UsageError, match=r"somebody is labelling into .*labels\.jsonl"), other.alone():
            pytest.fail("both label")
        with pytest.raises(UsageError, match="somebody is labelling"):
            CaseLabelling(pairs, out)
    with other.alone():
        assert other.progress == (0, 40)


def test_undo_takes_the_last_label_back_and_asks_again(pairs, out):
    labelling = CaseLabelling(pairs, out)
    cases = labelled(labelling, 2)
    assert CaseLabelling(pairs, out).undo() == cases[1]
    again = CaseLabelling(pairs, out)
    assert next(again.tasks()).case == cases[1]
    assert again.progress == (1, 40)


def test_there_may_be_nothing_to_undo(pairs, out):
    assert CaseLabelling(pairs, out).undo() is None


def test_a_skipped_case_comes_back_in_the_next_session(pairs, out):
    labelling = CaseLabelling(pairs, out)
    first = next(labelling.tasks())
    labelling.skip(first)
    assert next(labelling.tasks()).case != first.case
    assert next(CaseLabelling(pairs, out).tasks()).case == first.case


def test_single_texts_are_yes_or_no_unless_said_otherwise(tmp_path, out):
    path = tmp_path / "texts.jsonl"
    path.write_text('{"id": 1, "output": "text"}\n')
    texts = Labels.load(path)
    assert CaseLabelling(texts, out).scale == ("yes", "no")
    labelling = CaseLabelling(texts, out, ("1", "2", "3"))
    labelling.label(next(labelling.tasks()), "3")
    assert Labels.load(out).human == {"1": "3"}


def test_a_word_beyond_the_scale_is_refused(pairs, out):
    labelling = CaseLabelling(pairs, out)
    with pytest.raises(UsageError, match="none of 1, 2, tie"):
        labelling.label(next(labelling.tasks()), "3")


def test_an_empty_answer_is_labelled_as_any_other(tmp_path, out):
    path = tmp_path / "cases.jsonl"
    texts = ["", "some", 0, None]
    path.write_text("".join(json.dumps({"id": n, "output": text}) + "\n" for n, text in enumerate(texts)))
    tasks = all_tasks(CaseLabelling(Labels.load(path), out))
    assert {(task.case, task.texts) for task in tasks} == {("0", ("",)), ("1", ("some",)), ("2", ("0",))}


def test_a_pair_may_have_an_empty_answer(tmp_path, out):
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps({"id": "c", "output_1": "", "output_2": "some"}))
    (task,) = all_tasks(CaseLabelling(Labels.load(path), out))
    assert sorted(task.texts) == ["", "some"]


def test_a_table_has_no_text_where_a_cell_is_empty(tmp_path, out):
    path = tmp_path / "cases.csv"
    path.write_text("id,output,output_1,output_2\n1,some,,\n2,,this,that\n3,,,\n")
    tasks = all_tasks(CaseLabelling(Labels.load(path), out))
    assert {(task.case, tuple(sorted(task.texts))) for task in tasks} == {("1", ("some",)), ("2", ("that", "this"))}


def test_cases_without_texts_cannot_be_labelled(tmp_path, out):
    path = tmp_path / "bare.jsonl"
    path.write_text('{"id": 1, "human": "yes"}\n')
    with pytest.raises(UsageError, match="nothing to label"):
        CaseLabelling(Labels.load(path), out)


def test_a_case_that_was_chosen_once_and_is_drawn_now_is_not_asked_again(tmp_path, out):
    path = tmp_path / "plan.jsonl"
    out.write_text('{"id": "1", "human": "yes", "drawn": "chosen"}\n')
    path.write_text('{"id": 1, "output": "a", "drawn": "random"}\n{"id": 2, "output": "b", "drawn": "chosen"}\n')
    labelling = CaseLabelling(Labels.load(path), out)
    assert [task.case for task in labelling.tasks() if labelling.skip(task) is None] == ["2"]
    assert Labels.load(out).chosen == frozenset()


def test_a_label_says_of_which_variant_and_score_it_is(tmp_path, out):
    rows = [{"id": "c1", "variant": name, "metric": "brief", "output": f"of {name}"} for name in ("old", "new")]
    path = tmp_path / "variants.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    labelling = CaseLabelling(Labels.load(path), out)
    for task in labelling.tasks():
        labelling.label(task, "yes" if task.texts == ("of new",) else "no")
    assert {(row.id, row.variant, row.metric, row.human) for row in Labels.load(out).rows} == {
        ("c1", "old", "brief", "no"),
        ("c1", "new", "brief", "yes"),
    }
    assert CaseLabelling(Labels.load(path), out).undo() in {"c1 of old, brief", "c1 of new, brief"}
    assert len(Labels.load(out).human) == 1


def test_labels_that_cannot_be_kept_are_told_before_the_first_question(pairs, tmp_path):
    with pytest.raises(UsageError, match=r"labels cannot be written to .*/none/labels\.jsonl: No such file"):
        CaseLabelling(pairs, tmp_path / "none" / "labels.jsonl")
