import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.drift.descriptor import Reference
from genops.drift.descriptor_changes import describe, descriptor_changes
from genops.errors import InputError, ReferenceNotFound
from genops.plugins import registry
from tests.drift.sentences import REFUSALS, SENTENCES
from tests.drift.unchanged import REPETITIONS, most

FAST = ["characters", "language", "out_of_vocabulary", "punctuation", "repetition", "urls", "words"]


def english(random, n):
    """Questions of the words that English ones are made of."""
    words = " ".join(SENTENCES["en"]).split()
    return [" ".join(random.choice(words, size=size)) for size in random.integers(5, 25, size=n)]


def by_name(found):
    return {change.descriptor: change for change in found.changes}


def test_a_changed_language_is_found_and_told_in_shares():
    random = np.random.default_rng(0)
    spanish = [SENTENCES["es"][row % 8] for row in range(40)]
    found = descriptor_changes(english(random, 200), english(random, 160) + spanish, descriptors=FAST)
    language = by_name(found)["language"]
    assert language.significant
    assert language.unit == "language"
    (first, *_) = [move for move in language.change.categories if move.category == "es"]
    assert (first.before.estimate, first.after.estimate) == (0, pytest.approx(0.2, abs=0.02))
    low, high = language.result.separation.bounds
    assert low <= 0.2 <= high


def test_longer_texts_are_told_in_words_and_characters():
    random = np.random.default_rng(1)
    reference, current = english(random, 150), [f"{text} {text}" for text in english(random, 150)]
    found = by_name(descriptor_changes(reference, current, descriptors=["characters", "words"]))
    longer = np.mean([len(text) for text in current]) - np.mean([len(text) for text in reference])
    assert found["characters"].change.difference.estimate == pytest.approx(longer)
    low, high = found["words"].change.difference.bounds
    assert 10 < low < 14 < high < 18
    assert found["words"].change.median.bounds[0] > 8


def test_a_rise_of_refusals_is_told_as_a_rate():
    answers = list(SENTENCES["en"]) * 20
    current = answers[:120] + [REFUSALS["en"], REFUSALS["id"]] * 20
    (change,) = descriptor_changes(answers, current, descriptors=["refusal"]).changes
    assert change.significant
    assert change.unit == "share of texts"
    assert (change.change.before.estimate, change.change.after.estimate) == (0, 0.25)
    assert change.result.separation.estimate == pytest.approx(0.25)


def test_new_words_are_told_beside_the_rate_that_was_to_be_expected():
    random = np.random.default_rng(2)
    reference = [" ".join(map(_word, words)) for words in random.zipf(1.6, size=(400, 10))]
    quiet = [" ".join(map(_word, words)) for words in random.zipf(1.6, size=(300, 10))]
    loud = [text + " zorbl quux" if row % 3 == 0 else text for row, text in enumerate(quiet)]
    (change,) = descriptor_changes(reference, quiet, descriptors=["out_of_vocabulary"]).changes
    assert not change.significant
    assert change.expected == pytest.approx(change.change.before.estimate, abs=0.03)
    assert change.expected == pytest.approx(change.change.after.estimate, abs=0.03)
    (change,) = descriptor_changes(reference, loud, descriptors=["out_of_vocabulary"]).changes
    assert change.significant
    assert change.change.after.estimate > change.expected + 0.03


def test_what_it_learned_from_is_not_compared():
    groups = [row // 3 for row in range(60)]
    texts = [
        f"{text} {_word(group)}" for text, group in zip(english(np.random.default_rng(3), 60), groups, strict=True)
    ]
    found = by_name(descriptor_changes(texts, texts, groups=(groups, groups), descriptors=FAST))
    held_out, now = found["out_of_vocabulary"].rows
    assert len(held_out) == 30
    assert len({groups[row] for row in held_out}) == 10
    assert now.tolist() == list(range(60))
    assert found["out_of_vocabulary"].applies == (1, 1)
    assert found["words"].rows[0].tolist() == list(range(60))


def test_what_applies_to_hardly_any_text_or_never_varies_is_left_out_and_named():
    found = descriptor_changes(list(SENTENCES["es"]) * 5, list(SENTENCES["es"]) * 4)
    assert found.left_out["sentiment"] == "it applies to 0 of 40 texts of the reference and 0 of 32 now"
    assert found.left_out["urls"] == "all texts have the same: 0.0"
    assert found.left_out["script"] == "all texts have the same: Latin"
    assert {*found.left_out, *by_name(found)} == set(registry.names("descriptor"))


def test_a_reference_of_one_group_teaches_nothing():
    found = descriptor_changes(["a b", "c d e"], ["a c", "b e f"], groups=([0, 0], [0, 1]), descriptors=FAST)
    assert "one group" in found.left_out["out_of_vocabulary"]


@pytest.mark.slow
@pytest.mark.parametrize(("groups", "n"), [(None, 50), (12, 60)])
def test_all_together_keep_their_level(groups, n):
    """Of 200 quiet pairs of windows no more than a test at 5% calls changed have any significant descriptor."""
    alarms = 0
    for seed in range(REPETITIONS):
        random = np.random.default_rng([seed, 13])
        if groups:
            common = np.array(english(random, 2 * groups))
            labels = random.integers(groups, size=(2, n))
            windows = [common[labels[0]].tolist(), common[labels[1] + groups].tolist()]
            named = (labels[0].tolist(), labels[1].tolist())
        else:
            windows, named = [english(random, n), english(random, n)], None
        found = descriptor_changes(
            *windows,
            groups=named,
            descriptors=["characters", "out_of_vocabulary", "punctuation"],
            relabellings=99,
            seed=seed,
        )
        alarms += any(change.significant for change in found.changes)
    assert alarms <= most()


@pytest.mark.parametrize("correction", ["holm", "benjamini_hochberg"])
def test_p_values_are_corrected_over_descriptors(correction):
    random = np.random.default_rng(4)
    found = descriptor_changes(english(random, 60), english(random, 60), descriptors=FAST, correction=correction)
    assert found.method.lower().startswith(correction.split("_")[0])
    assert all(change.adjusted >= change.result.p for change in found.changes)
    assert [change.result.p for change in found.changes] == sorted(change.result.p for change in found.changes)


def test_another_test_may_be_named():
    random = np.random.default_rng(5)
    tests = {"number": "cramer_von_mises", "category": "category_stability"}
    found = descriptor_changes(english(random, 30), SENTENCES["id"] * 3, descriptors=["words", "language"], tests=tests)
    assert {change.result.test for change in found.changes} == set(tests.values())


@settings(max_examples=20, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=20), min_size=1, max_size=12), st.integers(1, 11))
def test_any_texts_can_be_compared(texts, cut):
    reference, current = texts[:cut], texts[cut:] or ["\ud800"]
    found = descriptor_changes(reference, current, relabellings=19)
    assert {*found.left_out, *by_name(found)} == set(registry.names("descriptor"))


def test_the_same_seed_gives_the_same_result():
    random = np.random.default_rng(6)
    windows = english(random, 40), english(random, 40)
    first, second = (descriptor_changes(*windows, descriptors=FAST, relabellings=99, seed=7) for _ in range(2))
    assert [(c.result.p, c.change, c.result.separation) for c in first.changes] == [
        (c.result.p, c.change, c.result.separation) for c in second.changes
    ]


def test_columns_hold_a_value_for_each_text():
    columns = describe(["my order", "12"], Reference.of(["an order"]), ["words", "language", "out_of_vocabulary"])
    assert columns == {"words": [2, 1], "language": [None, None], "out_of_vocabulary": [0.5, None]}


def test_empty_windows_and_unknown_names_are_refused():
    with pytest.raises(InputError, match="the reference has no texts"):
        descriptor_changes([], ["a"])
    with pytest.raises(InputError, match="the current window has no texts"):
        descriptor_changes(["a"], [])
    with pytest.raises(ReferenceNotFound, match="no descriptor is called 'word'"):
        descriptor_changes(["a"], ["b"], descriptors=["word"])


def _word(number):
    return "".join(chr(97 + int(digit)) for digit in str(number))
