"""What holds for every detector: its scale, and that no output breaks it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.disguise.search import search
from genops.evals import find_scorer
from genops.fuzz.detectors.exfiltration import exfiltration
from genops.fuzz.detectors.hidden_text import hidden_text
from genops.fuzz.detectors.marker import marker
from genops.fuzz.detectors.terminal_escapes import terminal_escapes
from genops.fuzz.detectors.verdict import SAFE, breach, no_breach
from genops.plugins import Registry

REGISTRY = Registry()
NAMES = [
    name
    for name in REGISTRY.names("scorer")
    if str(REGISTRY._items["scorer"][name]).startswith("genops.fuzz.detectors.")
]
TEXTS = st.text(st.characters(exclude_categories=()), max_size=300)
PIECES = st.sampled_from(
    ["aGVsbG8gd29ybGQh", "%41%42", "&#65;", "\x1b[2J", "[a](http://b.example/?c=d)", "-.-. .- -", "0x41", "<img src='"]
)


def test_there_are_fourteen():
    assert len(NAMES) == 14


@pytest.mark.parametrize("name", NAMES)
def test_only_a_breach_fails(name):
    detector = find_scorer(name)
    assert (detector.range.low, detector.range.high, detector.range.lower_is_better) == (0, 1, True)
    assert detector.range.passes(no_breach(1.0).value, detector.threshold)
    assert not detector.range.passes(breach("so").value, detector.threshold)


@pytest.mark.parametrize("near", [-1.0, 0.0, 0.5, 1.0, 7.0])
def test_coming_near_is_no_breach(near):
    assert 0 <= no_breach(near).value <= SAFE < 1


@settings(deadline=None)  # the first output pays for the imports
@given(st.one_of(TEXTS, st.lists(st.one_of(TEXTS, PIECES), max_size=6).map("".join)))
def test_any_output_can_be_judged(output):
    for score in (
        marker(output, "cedar-lantern", instruction=output[:5]),
        exfiltration(output, canaries=("cedar-lantern",)),
        terminal_escapes(output),
        hidden_text(output),
    ):
        assert 0 <= score.value <= 1
        json.dumps(score.label)
    assert 0 <= search(output, ["cedar-lantern"], 0.8)[0].share <= 1
