"""A dataset is read once, checked row by row, and read by number from then on."""

import json
import re

import pytest

from genops.errors import InputError, Unfinished
from genops.evals import Case
from genops.evals.datasets import Dataset
from genops.evals.datasets.line import case_of, line_of

ROWS = [{"question": "one?", "expected": "1"}, {"question": "two?", "expected": "2"}]


@pytest.fixture
def of(folder, inputs):
    def of(rows, **options):
        return Dataset.of(rows, folder / ".genops", **{"inputs": inputs, **options})

    return of


class TestCases:
    def test_are_read_by_number_in_the_order_of_the_source(self, of):
        dataset = of(ROWS)
        assert len(dataset) == 2
        assert dataset[1].inputs == {"question": "two?"}
        assert dataset[-1] == dataset[1]
        assert [case.expected for case in dataset] == ["1", "2"]
        assert dataset[0:2] == list(dataset)
        with pytest.raises(IndexError, match="no case 2 in 2"):
            dataset[2]

    def test_of_a_flat_row_are_the_chains_inputs_and_metadata(self, of):
        (case,) = of([{"question": "q", "source": "page 3", "tags": ["hard"], "cluster": 7, "weight": 2}])
        assert case.inputs == {"question": "q"}
        assert case.metadata == {"source": "page 3"}
        assert (case.tags, case.cluster, case.weight) == (("hard",), "7", 2.0)

    def test_of_a_flat_row_take_every_column_where_no_chain_is_known(self, of):
        (case,) = of([{"q": "x", "more": 1, "expected": None}], inputs=None)
        assert case.inputs == {"q": "x", "more": 1}

    def test_may_spell_inputs_and_metadata_out(self, of):
        (case,) = of([{"inputs": {"question": "q"}, "inputs.limit": 5, "metadata.by": "ann", "metadata": {"n": 1}}])
        assert case.inputs == {"question": "q", "limit": 5}
        assert case.metadata == {"n": 1, "by": "ann"}

    def test_keep_what_was_given_and_leave_defaults_to_the_chain(self, of):
        assert of([{"question": "q"}])[0].inputs == {"question": "q"}

    def test_take_columns_for_what_a_case_has_alone(self, of):
        with pytest.raises(InputError, match="`columns`: 'expectd' is no field of a case") as caught:
            of([{"question": "q", "answer": "a"}], columns={"expectd": "answer"})
        assert "did you mean expected" in (caught.value.hint or "")

    def test_take_columns_by_other_names(self, of):
        rows = [{"q": "x", "answer": "a", "where": "w"}]
        (case,) = of(rows, columns={"question": "q", "expected": "answer", "metadata.source": "where"})
        assert (case.inputs, case.expected, case.metadata) == ({"question": "x"}, "a", {"source": "w"})

    def test_say_what_is_planted_in_the_chain(self, of):
        plants = [{"system": "a"}, {"passage": "b \ud800"}, {"tool": "c"}, {"session": {"question": "d"}}]
        plants.append({"step": {"answer": {"question": "e \ud800"}}})
        (case,) = of([{"question": "q", "plants": plants, "may_decline": True}])
        assert (case.plants, case.may_decline) == (tuple(plants), True)
        assert case_of(line_of(case)) == case
        assert of([{"question": "q", "plants": plants[:1]}]).digest != of([{"question": "q"}]).digest

    @pytest.mark.parametrize(
        ("plants", "problem"),
        [
            ([{"sistem": "a"}], "rows, row 1: `plants`: there is no place 'sistem'.*system"),
            ([{"system": 3}], "`plants`: `system` is a text"),
            (["a"], "`plants`: a plant is a mapping of one place"),
            ([{"system": "a", "tool": "b"}], "`plants`: a plant is a mapping of one place"),
            ([{"session": "a"}], "`plants`: a `session` is a mapping of the chain's inputs"),
            ([{"step": "answer"}], "`plants`: a `step` is a mapping of a step's position to texts"),
            ([{"step": {"answer": {"question": 3}}}], "`plants`: a `step` is a mapping of a step's position to texts"),
            ([{"session": {"qestion": "a"}}], "`plants`: input 'question' .str. is missing qestion was given"),
        ],
    )
    def test_whose_plants_are_none_are_refused(self, of, plants, problem):
        with pytest.raises(InputError) as refused:
            of([{"question": "q", "plants": plants}])
        assert re.search(problem, f"{refused.value.at}: {refused.value.message} {refused.value.hint}")

    def test_may_be_given_as_cases(self, of):
        given = Case("a", {"question": "q"}, expected=["x"], tags=("t",), critical=True, scorers=("exact_match",))
        assert list(of([given])) == [given]

    def test_given_with_a_text_for_a_tag_have_that_one(self, of):
        assert of([Case("a", {"question": "q"}, tags="hard")])[0].tags == ("hard",)
        with pytest.raises(InputError, match="`scorers`: input should be a valid list, got 'contains'"):
            of([Case("a", {"question": "q"}, scorers="contains")])

    @pytest.mark.parametrize(
        "value",
        ["plain", "$", {"$": 1}, {"b": 1, "a": 2}, 2**70, "\ud800", b"\xff", [None, 1.5, True]],
        ids=repr,
    )
    def test_lose_nothing_on_disk(self, value):
        case = Case("a", {"x": value}, metadata={"m": value})
        assert case_of(line_of(case)) == case


class TestTheDigest:
    def test_is_of_the_content_and_not_of_the_source(self, of, folder):
        assert of(ROWS).digest == of(iter([dict(reversed(row.items())) for row in ROWS]), name="other").digest
        assert len(list((folder / ".genops" / "datasets").iterdir())) == 1

    def test_changes_with_the_order(self, of):
        assert of(ROWS).digest != of(ROWS[::-1]).digest

    def test_names_the_file_that_an_evaluation_goes_on_with(self, of, folder):
        dataset = of(ROWS)
        again = Dataset.stored(dataset.digest, folder / ".genops")
        assert list(again) == list(dataset)
        assert again[1] == dataset[1]

    def test_tells_when_that_file_was_changed_or_is_gone(self, of, folder):
        dataset = of(ROWS)
        dataset.path.write_bytes(dataset.path.read_bytes().replace(b"two", b"six"))
        with pytest.raises(Unfinished, match="was changed"):
            Dataset.stored(dataset.digest, folder / ".genops")
        dataset.path.unlink()
        with pytest.raises(Unfinished, match="no longer kept"):
            Dataset.stored(dataset.digest, folder / ".genops")


class TestIds:
    def test_that_are_missing_are_of_the_content_so_that_edits_keep_the_others(self, of):
        before = of(ROWS)
        after = of([{"question": "new?"}, *ROWS[::-1]])
        assert {case.id for case in before} < {case.id for case in after}
        assert of([{**ROWS[0], "expected": "one"}])[0].id != before[0].id
        assert of([{**ROWS[0], "tags": ["x"], "source": "y"}])[0].id == before[0].id

    def test_of_copies_are_told_apart_by_a_number(self, of):
        first, second, third = of([ROWS[0]] * 3)
        assert (second.id, third.id) == (f"{first.id}-2", f"{first.id}-3")

    def test_that_are_taken_are_refused_with_both_lines(self, opened, write):
        write("c.jsonl", '{"id": "a", "question": "x"}\n\n{"id": "b", "question": "y"}\n{"id": "a", "question": "z"}\n')
        with pytest.raises(InputError, match=r"c.jsonl:4: the id 'a' is that of line 1 too"):
            opened("c.jsonl")

    def test_may_be_numbers(self, of):
        assert of([{"id": 7, "question": "q"}])[0].id == "7"


class TestARowIsRefused:
    @pytest.mark.parametrize(
        ("row", "problem"),
        [
            ({"expected": "x"}, "input 'question' \\(str\\) is missing"),
            ({"question": 3}, "input 'question': expected str"),
            ({"question": "q", "limit": "many"}, "input 'limit': expected int"),
            ({"question": "q", "weight": 0}, "`weight`: input should be greater than or equal to"),
            ({"question": "q", "weight": 1e20}, "`weight`: input should be less than or equal to 1000000000"),
            ({"question": "q", "weight": float("nan")}, "`weight`: input should be a finite number"),
            ({"question": "q", "tags": [1]}, "`tags`: input should be a valid"),
            ({"question": "q", "critical": "yes"}, "`critical`: input should be a valid boolean"),
            ({"question": "q", "expected": [1, float("inf")]}, "`expected` holds inf, which is no number"),
            ({"question": "q", "made": object()}, "`metadata`: a value of type object cannot be recorded"),
            ({"inputs": {"question": "q"}, "expceted": 1}, "unknown column 'expceted'\n  did you mean expected"),
            ({"inputs": {"question": "q", "limt": 1}}, "no input 'limt'\n  did you mean limit"),
            ({"inputs": ["q"]}, "`inputs` is a mapping"),
            (["q"], "a list|gave list"),
        ],
    )
    def test_that_is_no_case(self, of, row, problem):
        with pytest.raises(InputError, match=problem) as error:
            of([{"question": "fine"}, row])
        assert "row 2" in str(error.value.at)

    def test_where_a_reserved_column_hides_an_input(self, folder):
        from genops.prompts import InputSpec
        from genops.syntax import YamlFile

        raw = {"split": "str"}
        with pytest.raises(InputError, match=r"column for the input 'split' is called 'inputs.split'"):
            Dataset.of([{"split": "x"}], folder, inputs=InputSpec.parse(raw, YamlFile(raw, "c")))
        raw = {"question": "str", "id": {"type": "str", "optional": True}}
        with pytest.raises(InputError, match="it takes: question") as caught:
            Dataset.of([{"id": "x", "inputs": {}}], folder, inputs=InputSpec.parse(raw, YamlFile(raw, "c")))
        assert "inputs.id" not in str(caught.value)

    def test_where_a_named_column_stands_nowhere(self, of):
        with pytest.raises(InputError, match="no column 'anser' for expected\n  did you mean answer"):
            of([{"question": "q", "answer": "a"}], columns={"expected": "anser"})

    def test_and_nothing_is_left_behind(self, of, folder):
        with pytest.raises(InputError):
            of([{"question": "fine"}, {}])
        assert list((folder / ".genops" / "datasets").iterdir()) == []

    def test_when_no_person_has_reviewed_it(self, of):
        with pytest.raises(InputError, match="no person has reviewed"):
            of([{"question": "q", "metadata": {"reviewed": False}}])


def test_a_dataset_without_cases_is_refused(of):
    with pytest.raises(InputError, match="the dataset has no cases"):
        of([])


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_thousand_cases_stay_on_disk(opened, folder):
    import tracemalloc

    with (folder / "big.jsonl").open("w") as lines:
        for number in range(100_000):
            lines.write(json.dumps({"id": str(number), "question": "x" * 500 + str(number)}) + "\n")
    tracemalloc.start()
    dataset = opened("big.jsonl")
    _, most = tracemalloc.get_traced_memory()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert dataset[77_777].inputs["question"].endswith("x77777")
    assert sum(1 for _ in dataset) == 100_000
    assert held < 4e6
    assert most < 40e6
