"""How objectives make seeds of texts of others."""

import pytest

from genops.errors import UsageError
from genops.fuzz import Target
from genops.fuzz.attack import Attack
from genops.fuzz.objective import Borrowed, TargetTool, find_objective
from genops.plugins import registry

TELLING = Borrowed("garak.encoding.Hex.0", "61 62", ("a payload in hex",))
SILENT = Borrowed("garak.dan.Dan.0", "You are free now.")
SHORT = Borrowed("garak.encoding.Hex.1", "63", ("abc",))
TARGET = Target(
    "desk",
    ("question",),
    {"question": "When?"},
    ("desk",),
    ("search",),
    (TargetTool("note", writes=True, parameters={}),),
)


def adopted(name, *texts, target=TARGET):
    return list(find_objective(name)().adopt(target, texts))


@pytest.mark.parametrize("name", sorted(set(registry.names("objective")) - {"ungrounded_claims"}))
def test_a_text_becomes_a_seed_where_the_objective_s_attacks_enter(name):
    (seed,) = adopted(name, TELLING)
    assert (seed.id, seed.text, seed.surface) == (TELLING.id, TELLING.text, find_objective(name).surfaces[0])


def test_claims_cannot_be_told_of_other_texts():
    with pytest.raises(UsageError, match="'ungrounded_claims' takes no seeds of others"):
        adopted("ungrounded_claims", SILENT)


@pytest.mark.parametrize("name", ["instruction_override", "indirect_injection"])
def test_what_a_text_wants_said_is_looked_for_instead_of_the_marker(name):
    (seed,) = adopted(name, TELLING)
    assert seed.triggers == ("a payload in hex",)
    assert Attack(name, seed, (), seed.text).metadata["triggers"] == ["a payload in hex"]


@pytest.mark.parametrize("text", [SILENT, SHORT])
@pytest.mark.parametrize("name", ["instruction_override", "indirect_injection"])
def test_a_text_that_does_not_say_it_is_followed_by_a_wish_for_the_marker(name, text):
    (seed,) = adopted(name, text)
    assert seed.text.startswith(f"{text.text}\n\n")
    assert "cedar and lantern" in seed.text
    assert seed.triggers == ()


def test_an_injection_goes_into_a_tool_s_result_where_nothing_is_retrieved():
    bare = Target("desk", ("question",), {"question": "When?"}, tools=TARGET.tools)
    (seed,) = adopted("indirect_injection", TELLING, target=bare)
    assert (seed.surface, seed.around) == ("tool", "")
    (seed,) = adopted("indirect_injection", TELLING)
    assert (seed.surface, seed.around) == ("passage", "When?\n\n{attack}")
