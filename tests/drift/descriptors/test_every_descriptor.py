import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.drift.descriptor import Reference, find_descriptor
from genops.plugins import registry
from tests.drift.sentences import SENTENCES

NAMES = registry.names("descriptor")
REFERENCE = Reference.of(["How do I reset my password?", "Where is my order?"])
any_text = st.text(st.characters(), max_size=60) | st.text("aé中\ud800'` \n.!{;=(http://", max_size=40)
SHARES = [name for name in NAMES if find_descriptor(name).unit.startswith("share")]


@settings(max_examples=60, deadline=None)
@given(any_text)
def test_any_text_has_a_value_or_none(text):
    for name in NAMES:
        (value,) = find_descriptor(name).describe([text], REFERENCE)
        assert value is None or isinstance(value, str) == (find_descriptor(name).of == "category")
        assert name not in SHARES or value is None or 0 <= value <= 1


@pytest.mark.parametrize("text", ["word " * 200_000, "\ud800" * 500_000, "`" * 500_000, "x = f(1);\n" * 50_000])
@pytest.mark.parametrize("name", NAMES)
def test_a_text_of_a_megabyte_is_described(name, text):
    assert len(find_descriptor(name).describe([text], REFERENCE)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_text_is_described_the_same_in_any_company(name):
    made = find_descriptor(name)
    texts = [text for language in SENTENCES.values() for text in language]
    together = made.describe(texts, REFERENCE)
    assert made.describe(texts[::-1], REFERENCE)[::-1] == together
    assert [made.describe([text], REFERENCE)[0] for text in texts] == together


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is_and_in_which_unit(name):
    made = find_descriptor(name)
    assert made.name == name
    assert made.description.endswith(".")
    assert made.unit
