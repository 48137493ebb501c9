"""Where contexts are known, a check asks whether each is as it was: not how often each comes up."""

import numpy as np
import pytest

from genops.drift import check_drift, define_drift
from genops.drift.reports.wording import window_words
from genops.errors import ExitCode
from tests.drift.sentences import SENTENCES
from tests.drift.small_talk import FOOD
from tests.drift.unchanged import most

HALVES, SKEWED = {"en": 0.5, "es": 0.5}, {"en": 0.85, "es": 0.15}
THREE, OTHERS = {"en": 0.4, "es": 0.3, "id": 0.3}, {"en": 0.1, "es": 0.2, "id": 0.7}
LENGTHS = {"en": (5, 15), "es": (10, 25), "id": (3, 8)}
DESCRIPTORS = ["characters", "language", "out_of_vocabulary", "punctuation", "words"]


def asked(random, mix, n=150, new=None):
    """Rows in languages by their shares, longer in some; of those of ``new``, half are about food."""
    rows = []
    for language in random.choice(list(mix), size=n, p=list(mix.values())):
        about_food = language == new and random.random() < 0.5
        words = FOOD if about_food else " ".join(SENTENCES[language]).split()
        text = " ".join(random.choice(words, size=random.integers(*LENGTHS[language])))
        rows.append({"text": text, "language": str(language)})
    return rows


def sessions(random, mix, n=60, new=None):
    """Sessions of one to five rows of one text over and over, in two languages now and then."""
    rows = []
    for session in range(n):
        row = asked(random, mix, 1, new)[0]
        other = asked(random, mix, 1, new)[0] if random.random() < 0.2 else row
        rows += [{**random.choice([row, other]), "session": str(session)} for _ in range(random.integers(1, 6))]
    return rows


@pytest.fixture
def drift(lab):
    lab.site.top += 'plugins = ["tests.retrieval.hashing"]\n'

    def run(reference, current, **more):
        about = {"of": "text", "context": "language", "embedder": "hashing", "descriptors": DESCRIPTORS, **more}
        spec = define_drift(folder=lab.site.root, reference=reference, current=current, relabellings=199, **about)
        return check_drift(spec, lab.site.project)

    return run


def alarms(drift, mixes, new=None, repetitions=60, draw=asked, **more):
    """In how many of so many checks the verdict is drift."""
    found = 0
    for seed in range(repetitions):
        random = np.random.default_rng([seed, 41])
        windows = draw(random, mixes[0]), draw(random, mixes[1], new=new)
        found += drift(*windows, seed=seed, vocabulary=False, **more).verdict == "drift"
    return found


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mixes", [(HALVES, SKEWED), (THREE, OTHERS)])
def test_a_pure_change_of_mix_is_no_drift(drift, mixes):
    assert alarms(drift, mixes, smallest=0.0) <= most(60)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_pure_change_of_mix_is_no_drift_where_rows_come_in_sessions(drift):
    assert alarms(drift, (HALVES, SKEWED), draw=sessions, group="session", smallest=0.0) <= most(60)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("mixes", "new"), [((HALVES, SKEWED), "en"), ((THREE, OTHERS), "id")])
def test_the_same_change_of_mix_with_a_change_inside_one_context_is_drift(drift, mixes, new):
    assert alarms(drift, mixes, new=new, repetitions=20) >= 18


def test_without_a_context_the_mix_is_drift(drift):
    assert alarms(drift, (HALVES, SKEWED), repetitions=3, context=None) == 3


def test_what_is_told_of_a_change_of_mix_is_none_of_the_mix(drift):
    random = np.random.default_rng(1)
    found = drift(asked(random, HALVES, 400), asked(random, SKEWED, 400), seed=1)
    (state,) = found.states
    assert found.exit_code == ExitCode.OK
    for look in state.looks:
        if look.p is not None:
            assert look.separation.low == 0 or look.separation.value < 0.1
    words = next(look for look in state.looks if look.name == "words")
    assert words.change.difference.low < 0 < words.change.difference.high
    assert all(word.p > 0.05 for word in state.words)
    assert all(topic.difference.low < 0 < topic.difference.high for topic in state.topics)


def test_how_many_rows_were_left_out_for_it_is_told(drift):
    random = np.random.default_rng(2)
    found = drift(asked(random, HALVES, 200), asked(random, SKEWED, 200), descriptors=False)
    before, now = found.states[0].reference, found.states[0].current
    assert before.rows + before.left_out["for one mix of contexts in both windows"] == 200
    assert now.rows > before.rows > 100
    assert "left out (for one mix of contexts in both windows)" in window_words("reference", before)
    assert "drawn from" not in window_words("reference", before)


def test_a_context_of_one_window_alone_is_left_out_and_named(drift):
    random = np.random.default_rng(3)
    found = drift(asked(random, {"en": 1.0}, 200), asked(random, HALVES, 200), descriptors=False)
    (state,) = found.states
    left_out = state.current.left_out["of context es, of which the other window has none"]
    assert state.current.rows + left_out == 200
    assert state.reference.left_out == {}
    assert found.verdict == "quiet"
