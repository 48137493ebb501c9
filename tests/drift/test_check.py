"""A check says whether a window drifted, what it could have seen, and keeps what it said."""

import numpy as np
import pytest

from genops.drift import check_drift, define_drift
from genops.drift.reports.wording import window_words
from genops.drift.summary import Summary
from genops.errors import DefinitionError, ExitCode, InputError
from genops.executor import Chain
from genops.retrieval import embed_texts, embedder_named
from tests.drift.small_talk import COLOURS, FOOD, sentences


@pytest.fixture
def drift(lab):
    lab.site.top += 'plugins = ["tests.retrieval.hashing"]\n'

    def run(reference, current, **more):
        about = {"embedder": "hashing", "relabellings": 199, "topics": False, "concepts": False, **more}
        spec = define_drift(more.pop("name", ""), folder=lab.site.root, reference=reference, current=current, **about)
        return check_drift(spec, lab.site.project)

    run.lab = lab
    return run


class TestTexts:
    def test_of_another_kind_are_drift_told_with_words_and_examples(self, drift):
        found = drift(sentences(COLOURS, 120, 1), sentences(COLOURS, 60, 2) + sentences(FOOD, 60, 3))
        (state,) = found.states
        assert (found.verdict, found.exit_code) == ("drift", ExitCode.BAD_VERDICT)
        embedding = next(look for look in state.looks if look.family == "values")
        assert embedding.alarm
        assert embedding.test == "mmd_fuse"
        assert embedding.separation.low < 0.5 < embedding.separation.high + 0.1
        assert {word.term for word in state.words if word.new} & set(FOOD)
        assert any(word in state.examples[0].text for word in FOOD)
        assert "the rows" in state.reason

    def test_of_the_same_kind_are_quiet_and_it_says_what_would_have_been_seen(self, drift):
        found = drift(sentences(COLOURS, 300, 1), sentences(COLOURS, 300, 2))
        (state,) = found.states
        assert found.verdict == "quiet"
        assert 0.1 < state.visible < 0.3
        assert f"{state.visible:.0%}" in state.reason

    def test_that_are_few_are_undecided(self, drift):
        found = drift(sentences(COLOURS, 12, 1), sentences(COLOURS, 12, 2))
        assert (found.verdict, found.exit_code) == ("undecided", ExitCode.UNDECIDED)
        assert "too few" in found.states[0].reason

    def test_of_few_groups_are_undecided_however_many_rows_there_are(self, drift):
        rows = [{"text": text, "group": f"s{number % 3}"} for number, text in enumerate(sentences(COLOURS, 300, 1))]
        found = drift(rows, sentences(COLOURS, 300, 2))
        assert found.verdict == "undecided"
        assert found.states[0].reference.groups == 3

    def test_that_are_the_same_rows_are_no_less_apart_than_0_and_that_is_said(self, drift):
        same = sentences(COLOURS, 12, 1) * 10
        (state,) = drift(same, same).states
        assert "do they share rows?" in state.reason
        measured = [look.separation for look in state.looks if look.p is not None]
        assert len(measured) > 2
        assert all(0 == one.low <= one.value < one.high for one in measured)

    def test_that_changed_less_than_matters_are_no_drift(self, drift):
        found = drift(sentences(COLOURS, 120, 1), sentences(COLOURS, 60, 2) + sentences(FOOD, 60, 3), smallest=0.95)
        assert found.verdict != "drift"

    def test_descriptors_tell_the_change_in_their_own_unit(self, drift):
        longer = [f"{text} {text}" for text in sentences(COLOURS, 100, 2)]
        found = drift(sentences(COLOURS, 100, 1), longer, descriptors=["words", "language"])
        words = next(look for look in found.states[0].looks if look.name == "words")
        assert words.alarm
        assert words.change.unit == "words"
        assert words.change.difference.value == pytest.approx(6)
        assert found.states[0].histograms[0].name == "words"


class TestNumbers:
    def test_that_moved_are_drift_in_their_own_unit(self, drift):
        chance = np.random.default_rng(1)
        found = drift(chance.normal(0, 1, 200), chance.normal(1, 1, 200))
        (look,) = found.states[0].looks
        assert look.alarm
        assert look.change.difference.value == pytest.approx(1, abs=0.3)

    def test_may_be_scores_of_an_evaluation(self, drift):
        lab = drift.lab
        done = lab.run(lab.suite(["one", "two", "three"]))
        rows = [{"scores": {"contains": 1.0}}] * 10
        found = drift(f"eval:{done.id}", rows, of="scores.contains", as_="number")
        assert found.states[0].reference.rows == 3

    def test_that_are_all_equal_are_no_drift(self, drift):
        found = drift([1.0] * 300, [1.0] * 300)
        assert found.verdict == "quiet"
        assert found.states[0].looks[0].p == 1


def test_categories_tell_which_share_moved(drift):
    before, after = ["a"] * 150 + ["b"] * 50, ["a"] * 80 + ["b"] * 120
    found = drift(before, after, as_="category")
    (look,) = found.states[0].looks
    assert look.alarm
    assert {moved.category for moved in look.change.moved} == {"a", "b"}
    assert look.separation.value == pytest.approx(0.35, abs=0.05)


def test_one_category_alone_is_no_drift(drift):
    (state,) = drift(["a"] * 60, ["a"] * 60, **{"as": "category"}).states
    assert state.verdict != "drift"
    assert state.looks[0].p in (None, 1)


def test_vectors_are_compared_as_they_are(drift):
    chance = np.random.default_rng(1)
    found = drift(chance.normal(0, 1, (150, 4)), chance.normal(0.8, 1, (150, 4)))
    assert found.verdict == "drift"
    assert len(found.states[0].points) == 300


def test_vectors_of_other_dimensions_are_refused(drift):
    with pytest.raises(InputError, match="4 and of 5 dimensions"):
        drift(np.ones((20, 4)), np.ones((20, 5)))


def test_vectors_by_other_embedders_are_refused_and_those_by_unknown_ones_said_to_be(drift):
    root = drift.lab.site.root
    for name in ("before", "now"):
        np.save(root / f"{name}.npy", np.random.default_rng(1).normal(size=(30, 4)))
    with pytest.raises(DefinitionError, match=r"before\.npy#one are by one, and those of now\.npy#two by two"):
        drift("before.npy#one", "now.npy#two")
    (state,) = drift("before.npy#one", "now.npy").states
    assert "embedder one" in window_words("reference", state.reference)
    assert "embedder unknown" in window_words("current", state.current)


def test_windows_of_other_kinds_are_refused(drift):
    with pytest.raises(DefinitionError, match="number"):
        drift([1.0, 2.0], ["one", "two"], of="value | default(text)")
    with pytest.raises(DefinitionError, match="kind vector, and those of 2 given rows are text") as error:
        drift(np.ones((2, 4)), ["one", "two"])
    assert "FILE.npy#NAME" in error.value.hint


def test_texts_are_compared_with_vectors_by_the_same_embedder(drift):
    texts = sentences(COLOURS, 120, 1)
    root, settings = drift.lab.site.root, drift.lab.site.project.settings
    np.save(root / "before.npy", embed_texts(embedder_named(settings, "hashing"), texts))
    alike = drift("before.npy#hashing", sentences(COLOURS, 120, 2), visible=0.5)
    assert (alike.verdict, alike.states[0].kind) == ("quiet", "vector")
    assert drift("before.npy#hashing", sentences(FOOD, 120, 2)).verdict == "drift"


def test_what_groups_rows_or_tells_them_apart_must_be_there(drift):
    rows = [{"text": text, "tenant": "a", "session": str(n // 2)} for n, text in enumerate(sentences(COLOURS, 40, 1))]
    for key, value in (("group", "sesion"), ("context", "tennant"), ("segments", {"who": "tennant"})):
        with pytest.raises(InputError, match=rf"`{key}.*` can be read of no row of 40 given rows") as error:
            drift(rows, rows, of="text", **{key: value})
        assert ("session" if key == "group" else "tenant") in error.value.hint
    plain = sentences(COLOURS, 40, 2)
    assert drift(rows, plain, of="text", group="session", descriptors=False).states[0].reference.groups == 20
    with pytest.raises(InputError, match="`context` can be read of no row"):
        drift(rows, plain, of="text", context="tenant")


def test_a_run_that_is_in_both_windows_counts_for_the_current_one(drift):
    chain = Chain.load("echo", project=drift.lab.site.project)
    for text in sentences(COLOURS, 40, 1):
        chain.run_sync({"text": text})
    drift.lab.site.project.store.writer.flush(10.0)
    (state,) = drift("traces:chain=echo", "traces:chain=echo,limit=15", descriptors=False).states
    assert (state.reference.rows, state.current.rows) == (25, 15)
    assert state.reference.left_out == {"in the current window too": 15}
    (state,) = drift("traces:chain=echo", "traces:chain=echo").states
    assert state.reason.endswith("has no rows: 40 left out (in the current window too)")


def test_a_test_of_other_rows_is_refused_and_of_several_each_is_named(drift):
    chance = np.random.default_rng(1)
    far = chance.normal(0, 1, (60, 4)), chance.normal(2, 1, (60, 4))
    with pytest.raises(DefinitionError, match="kolmogorov_smirnov is a test of numbers, and the rows are vectors") as e:
        drift(*far, tests=["kolmogorov_smirnov"])
    assert "mmd_fuse" in e.value.hint
    (state,) = drift(*far, tests=["mmd", "centroid"]).states
    assert "the rows by mmd (" in state.reason
    assert "the rows by centroid (" in state.reason


def test_an_empty_window_is_undecided_and_says_why(drift):
    lab = drift.lab
    lab.replies["bad"] = ValueError("no")
    with pytest.raises(Exception, match="no"):
        Chain.load("echo", project=lab.site.project).run_sync({"text": "bad"})
    lab.site.project.store.writer.flush(10.0)
    failed = drift(sentences(COLOURS, 20, 1), "traces:chain=echo", of="output | default(text)")
    assert failed.verdict == "undecided"
    assert "the run ended as error" in failed.states[0].reason
    nothing = drift("traces:chain=echo,tag=none", sentences(COLOURS, 20, 1), of="output | default(text)")
    assert "nothing fits" in nothing.states[0].reason


def test_contexts_that_no_window_shares_are_undecided_and_that_is_said(drift):
    before, now = ([{"text": text, "tenant": tenant} for text in sentences(COLOURS, 150, 1)] for tenant in "ab")
    found = drift(before, now, of="text", context="tenant", descriptors=False)
    why = "150 left out (of context a, of which the other window has none)"
    expected = f"the reference ({found.states[0].reference.name}) has no rows: {why}"
    assert (found.verdict, found.states[0].reason) == ("undecided", expected)


def test_windows_of_a_few_rows_give_no_verdict_however_different_they_are(drift):
    asked = sentences(COLOURS, 100, 1)
    found = drift(asked, ["what is for lunch?"] * 3 + ["where is the bread?"], descriptors=False)
    (state,) = found.states
    assert found.exit_code == ExitCode.UNDECIDED
    assert "the current window" in state.reason
    assert "4 independent rows, and a verdict needs 10" in state.reason
    assert "1 independent row," in drift(["one"], asked, descriptors=False).states[0].reason
    session = [{"text": text, "group": "one user"} for text in sentences(FOOD, 50, 1)]
    assert drift(asked, session, descriptors=False).verdict == "undecided"


def test_several_states_share_alpha(drift):
    windows = sentences(COLOURS, 80, 1), sentences(FOOD, 80, 2)
    rows = [{"left": left, "right": right} for left, right in zip(*windows, strict=True)]
    found = drift(rows[:40], rows[40:], of={"left": "left", "right": "right"}, descriptors=False)
    assert [state.name for state in found.states] == ["left", "right"]
    assert all(look.adjusted == min(1, 2 * look.p) for state in found.states for look in state.looks)


def test_a_check_is_kept_as_it_was_said(drift):
    found = drift(sentences(COLOURS, 40, 1), sentences(FOOD, 40, 3))
    kept = drift.lab.site.project.store.drift_check(found.id[:8])
    assert Summary.from_json(kept.body) == found
    assert kept.verdict == found.verdict


def test_the_same_windows_and_seed_give_the_same_answer(drift):
    windows = sentences(COLOURS, 60, 1), sentences(COLOURS, 60, 2)
    first, second = (drift(*windows, seed=3).states for _ in range(2))
    assert first == second


def test_a_window_is_drawn_where_it_has_more_rows_than_are_compared(drift):
    found = drift(sentences(COLOURS, 100, 1), sentences(COLOURS, 50, 2), rows=60)
    facts = found.states[0].reference
    assert (facts.rows, facts.drawn_from) == (60, 100)
