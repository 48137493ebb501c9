"""The prompts of garak's probes, as texts that seeds are made of."""

import pytest

from genops.errors import ReferenceNotFound, UsageError
from genops.fuzz.adapters.child import Child
from genops.fuzz.adapters.garak import Garak
from genops.fuzz.objective import Borrowed
from tests.fuzz.adapters.peers import GARAK, peer


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    return peer(tmp_path_factory.mktemp("garak"), "garak", GARAK)


@pytest.fixture
def garak(python):
    made = []

    def at(seed=0, timeout=60.0):
        made.append(Garak(Child("garak", "garak_probes", python, "peers.garak", timeout), seed))
        return made[-1]

    yield at
    for one in made:
        one.child.close()


def test_a_probe_gives_its_prompts_with_what_their_target_would_say(garak):
    assert garak().prompts(["encoding.Hex"]).texts == (
        Borrowed("garak.encoding.Hex.0", "61", ("the first payload",)),
        Borrowed("garak.encoding.Hex.1", "62", ("the second payload",)),
    )


@pytest.mark.parametrize("pattern", ["encoding", "encoding.*", "enc*.[HM]*"])
def test_a_module_and_a_pattern_stand_for_their_probes(garak, pattern):
    texts = garak().prompts([pattern, "encoding.Hex"]).texts
    assert [text.id for text in texts] == ["garak.encoding.Hex.0", "garak.encoding.Hex.1", "garak.encoding.Morse.0"]


def test_what_garak_draws_depends_on_the_seed_alone(garak):
    drawn = [garak(seed).prompts(["encoding.Morse"]).texts[0].text for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("jail.Tap", "it writes its prompts while it runs, which takes a model"),
        ("jail.Far", "it has no prompts here: what it makes them of is not on this machine"),
        ("jail.Seen", "it sends more than text: image, text"),
        ("jail.Broken", "garak cannot load it here: ZeroDivisionError: division by zero"),
    ],
)
def test_a_probe_that_is_named_has_to_have_prompts(garak, name, why):
    with pytest.raises(UsageError, match=f"'{name}' cannot be used: {why}"):
        garak().prompts([name])


def test_of_several_those_that_have_none_are_left_out_and_named(garak):
    lent = garak().prompts(["jail"])
    assert [text.id for text in lent.texts] == ["garak.jail.Break.0", "garak.jail.Talk.0"]
    assert [note.partition(":")[0] for note in lent.notes] == [
        "garak's probe jail.Broken was left out",
        "garak's probe jail.Far was left out",
        "garak's probe jail.Seen was left out",
        "garak's probe jail.Talk",
        "garak's probe jail.Tap was left out",
    ]


def test_a_conversation_of_one_turn_is_a_text_and_one_of_several_is_not(garak):
    lent = garak().prompts(["jail.Talk"])
    assert [text.text for text in lent.texts] == ["Hello."]
    assert lent.notes == ("garak's probe jail.Talk: 1 of its prompts left out, which are no single text",)


@pytest.mark.slow
def test_one_of_several_that_hangs_is_left_out(garak):
    lent = garak(timeout=10.0).prompts(["slow.*", "jail.Break"])
    assert [text.id for text in lent.texts] == ["garak.jail.Break.0"]
    assert any("slow.Loop was left out: garak gave no answer within 10 s" in note for note in lent.notes)


def test_an_unknown_probe_is_an_error_with_the_nearest_names(garak):
    with pytest.raises(ReferenceNotFound, match=r"garak 9.9 has no probe 'encoding.Hx'") as refused:
        garak().prompts(["encoding.Hx"])
    assert "encoding.Hex" in refused.value.hint
    with pytest.raises(ReferenceNotFound) as refused:
        garak().prompts(["encodin"])
    assert refused.value.hint == "did you mean encoding?"
