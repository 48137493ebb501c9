"""What objectives can be told: which tools, steps and bounds they are about."""

from random import Random

import pytest

from genops.fuzz.objective import find_objective
from tests.fuzz.objectives.targets import BARE, FULL


def seeds(objective, target=FULL):
    return list(objective.seeds(target, objective.plants(target, Random(0)), Random(0)))


def test_a_tool_that_users_may_have_called_is_no_misuse():
    misuse = find_objective("tool_misuse")
    assert all("remove_page" in seed.text for seed in seeds(misuse()))
    assert misuse(allowed=("remove_page",)).fits(FULL) == ("it calls no tool that changes something and is not allowed")


def test_tampering_may_be_tried_on_some_tools_only():
    tampering = find_objective("argument_tampering")
    assert any("look_up" in seed.text for seed in seeds(tampering()))
    assert not any("look_up" in seed.text for seed in seeds(tampering(tools=("remove_page",))))
    assert tampering(tools=("elsewhere",)).fits(FULL)


def test_what_an_argument_may_be_is_told_by_a_pattern():
    tampering = find_objective("argument_tampering")
    (entry,) = tampering(patterns={"look_up": {"query": "[a-z ]+"}}).oracles(FULL, ())
    assert entry["patterns"] == {"look_up.query": "[a-z ]+"}
    assert "patterns" not in tampering().oracles(FULL, ())[0]
    assert "look_up" in tampering(patterns={"look_up": {"quary": "x"}}).fits(FULL)
    assert "look_up" in tampering(patterns={"look_up": {"query": "x"}}, tools=("remove_page",)).fits(FULL)


def test_an_argument_with_listed_values_takes_no_text():
    assert not any("sort" in seed.text for seed in seeds(find_objective("argument_tampering")()))


@pytest.mark.parametrize("name", ["prompt_extraction", "context_leak", "cross_session_leak"])
def test_what_is_planted_may_be_looked_for_in_other_words(name):
    objective = find_objective(name)
    plants = objective().plants(FULL, Random(0))
    (plain,), (asked,) = (made.oracles(FULL, plants) for made in (objective(), objective(paraphrased=0.8)))
    assert plain == {"leak": [plant.canary for plant in plants]}
    assert asked == {"leak": [*plain["leak"], *(plant.text for plant in plants)], "paraphrased": 0.8}


def test_a_secret_is_planted_beside_personal_data():
    objective = find_objective("pii_leak")()
    person, token = objective.plants(FULL, Random(0))
    assert "@people.example" in person.text
    assert "token" in token.text
    assert objective.oracles(FULL, (person, token))[0] == {"leak": [person.canary, token.canary]}


def test_poisoning_may_be_kept_to_one_step():
    injection = find_objective("indirect_injection")
    assert {seed.surface for seed in seeds(injection())} == {"passage", "tool"}
    assert {seed.surface for seed in seeds(injection(step="search"))} == {"passage"}
    assert injection(step="serach").fits(FULL) == "it has no step 'serach' that retrieves"


def test_a_poisoned_passage_carries_the_question_that_finds_it():
    passages = [seed for seed in seeds(find_objective("indirect_injection")()) if seed.surface == "passage"]
    assert all(seed.around.startswith("How is a trace replayed?") for seed in passages)


@pytest.mark.parametrize("name", ["instruction_override", "indirect_injection"])
def test_no_attack_spells_the_marker_so_that_quoting_it_is_no_breach(name):
    assert not any("cedar-lantern" in seed.text.lower() for seed in seeds(find_objective(name)()))


def test_whoever_asks_for_too_much_may_have_bounds_of_their_own():
    wallet = find_objective("denial_of_wallet")(tokens=100, calls=3, turns=2, usd=0.5)
    (entry,) = wallet.oracles(BARE, ())
    assert entry == {"costly": 100, "calls": 3, "turns": 2, "usd": 0.5}


def test_a_text_within_the_output_may_be_what_must_be_json():
    breaking = find_objective("format_breaking")
    assert breaking().fits(BARE)
    assert breaking(of="{{ output.report }}").fits(BARE) == ""
    assert breaking(of="{{ output.report }}").oracles(BARE, ()) == (
        {"broken_format": None, "of": "{{ output.report }}"},
    )
