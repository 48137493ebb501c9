import json
from dataclasses import asdict

import numpy as np
import pytest

from genops.drift.samples import Samples
from genops.drift.topics import compare_topics, fit_topics
from genops.errors import InputError
from genops.retrieval.dense.library import faiss_library, faiss_threads
from tests.drift.questions import drawn, embedded
from tests.drift.unchanged import KINDS, most

OLD = {"billing": 0.4, "delivery": 0.4, "account": 0.2}


def of_questions(seed, shares, n=300):
    random = np.random.default_rng(seed)
    texts = drawn(random, OLD, n), drawn(random, shares, n)
    return Samples.of_vectors(embedded(texts[0]), embedded(texts[1])), texts


def test_a_topic_that_is_asked_for_more_often_is_told_with_its_words_and_examples():
    samples, texts = of_questions(0, {"billing": 0.15, "delivery": 0.4, "account": 0.45})
    found = compare_topics(samples, texts, topics=3, relabellings=199)
    assert found.p == pytest.approx(1 / 200)
    rose = next(topic for topic in found.topics if topic.change.estimate > 0.1)
    assert rose.change.bounds[0] > 0.03
    assert rose.p == pytest.approx(1 / 200)
    assert {"my", "reset", "locked out"} & {word for term in rose.telling for word in (term, *term.split())}
    account = ("password", "login", "factor", "user name", "account", "profile")
    assert all(any(word in texts[1][row] for word in account) for row in rose.examples_now)
    assert all(any(word in texts[0][row] for word in account) for row in rose.examples_before)
    assert sum(topic.now.estimate for topic in found.topics) == pytest.approx(1)
    json.dumps([asdict(topic) for topic in found.topics])


def test_the_same_topics_in_the_same_shares_are_quiet():
    samples, texts = of_questions(1, OLD)
    assert compare_topics(samples, texts, relabellings=199).p > 0.05


def test_the_same_questions_in_other_words_are_quiet():
    alarms = 0
    for seed in range(20):
        random = np.random.default_rng([seed, 31])
        texts = drawn(random, OLD, 300), drawn(random, OLD, 300, paraphrased=True)
        samples = Samples.of_vectors(embedded(texts[0]), embedded(texts[1]))
        alarms += compare_topics(samples, topics=6, relabellings=99, seed=seed).p <= 0.05
    assert alarms <= most(20)


def test_what_the_topics_were_found_in_is_left_out_of_the_test():
    samples, _ = of_questions(2, OLD)
    found = compare_topics(samples, relabellings=19)
    assert found.fitted + found.reference == 300
    assert 100 < found.fitted <= 150
    groups = [str(row // 30) for row in range(300)], [str(row // 30) for row in range(300)]
    samples = Samples.of_vectors(samples.values[:300], samples.values[300:], groups=groups)
    fitted = fit_topics(samples).fitted
    assert len(set(samples.groups[fitted]) & set(samples.groups[~fitted])) == 0


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("grouped", [False, True])
def test_chance_alone_is_called_a_change_no_more_often_than_it_says(kind, grouped):
    alarms = moved = 0
    for seed in range(200):
        random = np.random.default_rng([seed, 13])
        rows, groups = KINDS[kind](random, 120), None
        if grouped:
            names = random.integers(12, size=(2, 60))
            rows = rows + 2 * random.normal(size=(24, rows.shape[1]))[np.concatenate([names[0], names[1] + 12])]
            groups = names[0].tolist(), names[1].tolist()
        found = compare_topics(Samples.of_vectors(rows[:60], rows[60:], groups=groups), relabellings=99, seed=seed)
        alarms += found.p <= 0.05
        moved += min(topic.p for topic in found.topics) <= 0.05
    assert alarms <= most()
    assert moved <= most()


def test_the_topics_do_not_depend_on_how_many_threads_there_are():
    samples, _ = of_questions(3, OLD)
    before = faiss_library().omp_get_max_threads()
    found = []
    for threads in (1, 2):
        with faiss_threads(threads):
            found.append(fit_topics(samples, seed=4).centroids)
    assert np.array_equal(*found)
    assert faiss_library().omp_get_max_threads() == before


def test_turning_all_vectors_changes_nothing():
    samples, _ = of_questions(4, {"billing": 0.2, "delivery": 0.4, "account": 0.4})
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(384, 384)))[0].astype(np.float32)
    turned = Samples.of_vectors(samples.values[:300] @ turn, samples.values[300:] @ turn)
    one, other = (compare_topics(rows, topics=3, relabellings=99) for rows in (samples, turned))
    assert one.statistic == pytest.approx(other.statistic, rel=1e-6)
    assert one.p == other.p


def test_equal_and_empty_vectors_are_one_topic():
    rows = np.zeros((20, 4))
    found = compare_topics(Samples.of_vectors(rows, rows), relabellings=19)
    assert (len(found.topics), found.p) == (1, 1.0)


def test_a_reference_of_one_group_is_refused():
    rows = np.eye(4)
    samples = Samples.of_vectors(rows, rows, groups=(["a"] * 4, ["b"] * 4))
    with pytest.raises(InputError, match="two groups of the reference"):
        compare_topics(samples)
