import numpy as np
import pytest

from genops.drift.sequential.learned import MEMORIES, Learner, Material
from genops.drift.sequential.sessions import Items


def material(seed=0, width=6):
    random = np.random.default_rng(seed)
    parts = [random.standard_normal((n, width)) @ np.diag(np.arange(1, width + 1)) for n in (40, 200, 400)]
    return Material.of(*(Items(part) for part in parts)), parts


def test_a_direction_is_sharpened_by_the_inverse_of_the_covariance():
    made, (compared, _, _) = material()
    apart = compared - compared.mean(axis=0)
    covariance = apart.T @ apart / len(apart)
    direction = np.arange(6.0)
    exact = np.linalg.solve(covariance + np.trace(covariance) / 6 * np.eye(6), direction)
    assert made.sharpened(direction) == pytest.approx(exact, rel=1e-4)


def test_a_witness_is_learned_from_the_items_before_it_and_weighs_late_ones_more():
    made, (compared, _, held) = material()
    memory = MEMORIES[0]
    learner = Learner(made, memory, 1e-5)
    random = np.random.default_rng(1)
    early, late = (random.standard_normal((memory.turn, 6)) + shift for shift in (0, 3))
    assert (learner.read(Items(early)) == 1).all()
    learner.add(Items(early))
    learner.add(Items(late))
    weight = memory.kept + 1
    plain = (memory.kept * early.sum(axis=0) + late.sum(axis=0)) / (weight * memory.turn) - compared.mean(axis=0)
    ranks = learner.read(Items(held))[:, 0]
    assert np.corrcoef((held @ plain).argsort().argsort(), ranks)[0, 1] > 0.99
    assert ranks.mean() == pytest.approx(learner.means[0])
    assert learner.read(Items(late))[:, 0].mean() > learner.bounds[0] > learner.means[0]


def test_bounds_hold_for_a_witness_that_the_stream_chose():
    wrong = 0
    for seed in range(40):
        made, _ = material(seed)
        learner = Learner(made, MEMORIES[0], 1e-5)
        random = np.random.default_rng([seed, 1])
        learner.add(Items(random.standard_normal((MEMORIES[0].turn, 6))))
        fresh = random.standard_normal((20_000, 6)) @ np.diag(np.arange(1, 7))
        wrong += bool((learner.read(Items(fresh)).mean(axis=0) > learner.bounds).any())
    assert wrong == 0


def test_an_item_in_the_middle_of_a_turn_changes_no_witness():
    made, (_, scaling, _) = material()
    learner = Learner(made, MEMORIES[0], 1e-5)
    learner.add(Items(np.resize(scaling, (learner.left, 6))))
    before = learner.read(Items(scaling))
    learner.add(Items(scaling[:10]))
    assert (learner.read(Items(scaling)) == before).all()
    assert learner.left == MEMORIES[0].turn - 10
