"""An explanation follows the question that alarms, whichever that is, and says which."""

import json

import numpy as np
import pytest

from genops.drift import check_drift, define_drift
from genops.executor import Chain, RunOptions
from tests.drift.small_talk import COLOURS, FOOD, sentences
from tests.evals.conftest import ECHO

HOUR = 3_600 * 10**9
START = 1_788_000_000 * 10**9
ROWS, CUT = 240, 150
"""Of the current rows, one an hour, those from the cut on are other ones."""
CHANGED_AT = START + (ROWS + CUT) * HOUR


@pytest.fixture
def drift(lab):
    lab.site.top += 'plugins = ["tests.retrieval.hashing"]\n'

    def run(before, now, **more):
        lines = [
            {"row": row, "time": START + number * HOUR, "side": "left" if number % 3 else "right"}
            for number, row in enumerate([*before, *now])
        ]
        for name, part in (("before", lines[: len(before)]), ("now", lines[len(before) :])):
            lab.site.write(f"{name}.jsonl", "\n".join(map(json.dumps, part)))
        windows = {"reference": "before.jsonl", "current": "now.jsonl", "of": "row"}
        about = {"embedder": "hashing", "relabellings": 199, "topics": False, "concepts": False, **windows, **more}
        (state,) = check_drift(define_drift("", folder=lab.site.root, **about), lab.site.project).states
        return state

    run.lab = lab
    return run


def cut_at(before, after):
    """Current rows: those of the one list up to the cut, those of the other from then on."""
    return [*before[:CUT], *after[CUT:]]


def assert_told_since_the_cut(state):
    """The change was made at the cut: its time is in the interval, which is days and not weeks."""
    assert state.since.low <= CHANGED_AT <= state.since.high
    assert state.since.high - state.since.low < 48 * HOUR


def led(state):
    """The look that leads, of a state where it is the only one that alarms."""
    (look,) = [look for look in state.looks if look.alarm]
    assert look.name == state.leading
    return look


def test_a_descriptor_that_alarms_alone_is_explained_by_its_own_values(drift):
    plain, wide = sentences(COLOURS, ROWS, 2), [text.replace(" ", "   ") for text in sentences(COLOURS, ROWS, 3)]
    state = drift(sentences(COLOURS, ROWS, 1), cut_at(plain, wide), descriptors=["characters", "words"])
    assert led(state).name == "characters"
    assert_told_since_the_cut(state)
    assert all("   " in example.text for example in state.examples)
    assert state.examples[0].told.endswith(" characters")
    assert not any("   " in example.text for example in state.gone)
    before, after = (
        [point.measure.value for point in state.series if (point.at < CHANGED_AT) is side] for side in (True, False)
    )
    assert max(before) < min(after)


def test_parts_carry_the_separation_that_alarmed(drift):
    plain, wide = sentences(COLOURS, ROWS, 2), [text.replace(" ", "   ") for text in sentences(COLOURS, ROWS, 3)]
    mixed = [wide[row] if row % 3 else plain[row] for row in range(ROWS)]  # the left side alone
    state = drift(
        sentences(COLOURS, ROWS, 1), mixed, descriptors=["characters"], segments={"side": "side"}, vocabulary=False
    )
    left, right = (next(one for one in state.segments if one.label == label) for label in ("left", "right"))
    whole = sum(one.inside.value + one.mix.value for one in state.segments if one.by == "side")
    assert whole == pytest.approx(led(state).separation.value)
    assert left.inside.value > 0.9 * whole
    assert right.separation.low <= 0 <= right.separation.high


def test_a_number_that_spreads_in_both_directions_has_a_time_too(drift):
    chance = np.random.default_rng(1)
    state = drift(
        chance.normal(0, 1, ROWS).tolist(), cut_at(chance.normal(0, 1, ROWS), chance.normal(0, 6, ROWS)), embedder=None
    )
    assert led(state).test == "kolmogorov_smirnov"
    assert_told_since_the_cut(state)
    shown = [float(example.text) for example in state.examples]
    assert min(map(abs, shown)) > 3
    assert max(abs(float(example.text)) for example in state.gone) < 1


def test_a_category_is_explained_by_what_moved_most(drift):
    before, after = (["a", "a", "b", "c"] * (ROWS // 4), ["b", "b", "b", "c"] * (ROWS // 4))
    state = drift(before, cut_at(before, after), **{"as": "category"})
    led(state)
    assert_told_since_the_cut(state)
    assert (state.examples[0].text, state.gone[0].text) == ("b", "a")


def test_topics_that_alarm_alone_are_explained_by_the_topic_that_moved(drift):
    chance = np.random.default_rng(2)

    def mixed(share, seed):
        both = zip(sentences(COLOURS, ROWS, seed), sentences(FOOD, ROWS, seed), strict=True)
        return [food if chance.random() < share else colour for colour, food in both]

    now = cut_at(mixed(0.3, 3), mixed(1.0, 4))
    state = drift(mixed(0.3, 1), now, topics=True, tests=["novelty"], descriptors=False, vocabulary=False)
    assert led(state).name == "topics"
    assert_told_since_the_cut(state)
    assert set(state.examples[0].text.split()) <= set(FOOD)
    assert set(state.examples[0].told.split(", ")) & set(FOOD)
    assert set(state.gone[0].text.split()) <= set(COLOURS)


def test_new_concepts_are_explained_by_the_rows_that_are_new(drift):
    now = cut_at(sentences(COLOURS, ROWS, 2), sentences(FOOD, ROWS, 3))
    about = {"concepts": True, "tests": ["novelty"], "descriptors": False, "vocabulary": False}
    state = drift(sentences(COLOURS, ROWS, 1), now, **about)
    concepts = next(look for look in state.looks if look.name == "concepts")
    assert concepts.alarm
    assert state.since.low <= CHANGED_AT <= state.since.high
    assert all(set(example.text.split()) <= set(FOOD) for example in state.examples)


def test_a_component_is_held_against_the_separation_that_alarmed(drift):
    lab = drift.lab
    texts = (f"the order {number:03d} is late" for number in range(ROWS))  # all of one length

    def ran(count, tag):
        chain = Chain.load("echo", project=lab.site.project)
        for _ in range(count):
            chain.run_sync({"text": next(texts)}, RunOptions(tags=[tag]))
        lab.site.project.store.writer.flush(10.0)

    ran(80, "before")
    ran(40, "now")
    plain = "{{ steps.say.output }}"
    changed = "{{ steps.say.output | replace(' ', '   ') }}"
    lab.site.write("chains/echo.yaml", ECHO.replace(plain, changed))
    ran(40, "now")
    windows = {"reference": "traces:chain=echo,tag=before", "current": "traces:chain=echo,tag=now", "of": "output"}
    state = drift([], [], descriptors=["characters"], **windows)
    whole = f"{led(state).separation.value:.0%}"
    assert f"of the separation of {whole}, {whole} is inside of runs with it" in state.cause
    assert "it came when the series changed" in state.cause
    assert "runs without it are 0% from the reference, those with it 100%" in state.cause
    (one,) = state.components
    assert (one.kind, one.name) == ("chain", "echo")
    assert {segment.by for segment in state.segments} == {"chain echo"}
    assert {segment.label for segment in state.segments} == {one.before[0], one.after[0]}


def test_of_several_alarms_it_is_the_one_with_the_greatest_separation(drift):
    plain, wide = sentences(COLOURS, ROWS, 2), [text.replace(" ", "   ") for text in sentences(FOOD, ROWS, 3)]
    state = drift(sentences(COLOURS, ROWS, 1), [*plain[:200], *wide[:200]], descriptors=["characters", "punctuation"])
    alarms = [look for look in state.looks if look.alarm]
    assert len(alarms) > 1
    assert state.leading == max(alarms, key=lambda look: look.separation.value).name


def test_without_an_alarm_nothing_is_explained(drift):
    state = drift(sentences(COLOURS, ROWS, 1), sentences(COLOURS, ROWS, 2), descriptors=["characters"])
    assert (state.verdict, state.leading, state.since, state.cause) == ("quiet", "", None, "")
    assert state.examples == state.gone == state.segments == state.components == ()
