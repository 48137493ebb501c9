"""A selection is an array of case numbers."""

import pytest
from pydantic import ValidationError

from genops.errors import InputError
from genops.evals.datasets import Dataset, Selection

ROWS = [
    {"id": f"case-{n}", "q": n, "split": "test" if n % 2 else "train", "tags": ["hard"] if n % 3 == 0 else []}
    for n in range(30)
]


@pytest.fixture
def dataset(folder):
    return Dataset.of(ROWS, folder)


def numbers(dataset, **wanted):
    return Selection(**wanted).numbers(dataset).tolist()


def test_nothing_asked_is_everything(dataset):
    assert numbers(dataset) == list(range(30))


def test_splits_tags_ids_and_conditions_must_all_hold(dataset):
    assert numbers(dataset, split="test") == list(range(1, 30, 2))
    assert numbers(dataset, split=["test", "train"]) == list(range(30))
    assert numbers(dataset, filter="case-1?") == list(range(10, 20))
    assert numbers(dataset, filter=["har*", "case-1"]) == [0, 1, *range(3, 30, 3)]
    assert numbers(dataset, where="{{ inputs.q > 27 }}") == [28, 29]
    assert numbers(dataset, split="train", filter="hard", where="{{ inputs.q > 5 }}") == [6, 12, 18, 24]


def test_a_sample_is_drawn_by_its_seed(dataset):
    ten = numbers(dataset, sample=10)
    assert len(ten) == 10
    assert ten == sorted(ten) == numbers(dataset, sample=10)
    assert ten != numbers(dataset, sample=10, seed=1)
    assert len(numbers(dataset, sample=0.5, split="test")) == 8
    assert numbers(dataset, sample=1000) == list(range(30))


def test_a_sample_draws_every_case_equally_often(dataset):
    drawn = [number for seed in range(300) for number in numbers(dataset, sample=10, seed=seed)]
    counts = [drawn.count(number) for number in range(30)]
    assert min(counts) > 60
    assert max(counts) < 140


def test_a_sample_keeps_clusters_together(folder):
    dataset = Dataset.of([{"q": n, "cluster": n // 4} for n in range(40)], folder)
    drawn = numbers(dataset, sample=10)
    assert len(drawn) == 12
    assert all({n for n in range(40) if n // 4 == number // 4} <= set(drawn) for number in drawn)


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"split": "tset"}, "no case has the split 'tset': did you mean test"),
        ({"split": ["train", "tset"]}, "no case has the split 'tset': did you mean test"),
        ({"filter": "nothing*"}, "no case of 30 is left"),
        ({"where": "{{ 'a' }}"}, "where, for case 'case-0': a condition gave the text 'a'"),
        ({"where": "{{ metadata.x }}"}, "where, for case 'case-0': .*has no attribute 'x'"),
    ],
)
def test_what_selects_nothing_or_fails_is_refused(dataset, wanted, problem):
    with pytest.raises(InputError, match=problem):
        numbers(dataset, **wanted)


def test_a_seed_below_zero_is_refused():
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        Selection(sample=1, seed=-1)


def test_a_split_of_cases_without_one_is_explained(folder):
    with pytest.raises(InputError, match="the cases have no `split`"):
        numbers(Dataset.of([{"q": 1}], folder), split="test")
