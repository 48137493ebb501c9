import json
from dataclasses import asdict

import numpy as np
import pytest

from genops.drift.concepts import find_concepts
from genops.drift.samples import Samples
from tests.drift.questions import drawn, embedded, questions
from tests.drift.unchanged import most

OLD = {"billing": 0.4, "delivery": 0.4, "account": 0.2}


def of_questions(seed, new, n=300):
    random = np.random.default_rng(seed)
    shares = {kind: share * (1 - new) for kind, share in OLD.items()} | {"recipes": new}
    texts = drawn(random, OLD, n), drawn(random, shares, n)
    return Samples.of_vectors(embedded(texts[0]), embedded(texts[1])), texts


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_what_is_new_is_found_grouped_named_and_shown(share):
    samples, texts = of_questions(0, share)
    found = find_concepts(samples, texts, relabellings=199)
    recipes = [row for row, text in enumerate(texts[1]) if text in questions("recipes")]
    assert found.p < 0.05
    first = found.concepts[0]
    assert first.before.estimate == 0
    assert first.change.bounds[0] > 0
    assert set(first.rows) <= set(recipes)
    assert len(first.rows) > 0.8 * len(recipes)
    assert any(word in " ".join(first.telling) for word in ("bake", "spices", "frozen"))
    assert set(first.examples) <= set(first.rows)
    assert len({texts[1][row] for row in first.examples}) == 3
    assert found.excess.bounds[0] < share < found.excess.bounds[1] + 0.05
    json.dumps([asdict(concept) for concept in found.concepts])


def test_two_new_kinds_are_two_concepts():
    random = np.random.default_rng(1)
    reference, current = random.normal(size=(2, 300, 8))
    reference[:150, 0] += 5
    current[:150, 0] += 5
    current[:20, 1] += 12
    current[20:50, 2] += 12
    found = find_concepts(Samples.of_vectors(reference, current), relabellings=99)
    assert [set(concept.rows) for concept in found.concepts[:2]] == [set(range(20, 50)), set(range(20))]


def test_as_much_of_the_old_is_nothing_new():
    samples, texts = of_questions(2, 0.0)
    found = find_concepts(samples, texts, relabellings=199)
    assert found.p > 0.05
    assert found.excess.bounds[0] < 0.01


@pytest.mark.slow
@pytest.mark.parametrize("sessions", [None, 12])
def test_chance_alone_is_called_new_no_more_often_than_it_says(sessions):
    alarms = 0
    for seed in range(200):
        random = np.random.default_rng([seed, 17])
        groups = None
        if sessions:
            names = random.integers(sessions, size=(2, 60))
            asked = [questions(str(random.choice(list(OLD)))) for _ in range(2 * sessions)]
            texts = [[str(random.choice(asked[w * sessions + name])) for name in names[w]] for w in (0, 1)]
            groups = names[0].tolist(), names[1].tolist()
        else:
            texts = [drawn(random, OLD, 60) for _ in (0, 1)]
        samples = Samples.of_vectors(embedded(texts[0]), embedded(texts[1]), groups=groups)
        alarms += find_concepts(samples, relabellings=99, seed=seed).p <= 0.05
    assert alarms <= most()


def test_far_rows_beyond_what_can_be_linked_join_the_nearest_concept(monkeypatch):
    monkeypatch.setattr("genops.drift.concepts._LINKED", 30)
    random = np.random.default_rng(3)
    reference, current = random.normal(size=(2, 400, 6))
    current[:100] += 9
    found = find_concepts(Samples.of_vectors(reference, current), relabellings=19)
    assert set(range(100)) <= set(found.concepts[0].rows)


def test_one_session_is_no_concept():
    random = np.random.default_rng(4)
    reference, current = random.normal(size=(2, 100, 6))
    current[:20] += 9
    names = [str(row // 5) for row in range(100)], ["one"] * 20 + [str(row // 5) for row in range(20, 100)]
    found = find_concepts(Samples.of_vectors(reference, current, groups=names), relabellings=99)
    assert not any(row < 20 for concept in found.concepts for row in concept.rows)


def test_equal_vectors_are_nothing_new():
    rows = np.ones((10, 3))
    found = find_concepts(Samples.of_vectors(rows, rows), (["a"] * 10, [""] * 10), relabellings=19)
    assert (found.p, found.concepts, found.scattered) == (1.0, (), 0)
