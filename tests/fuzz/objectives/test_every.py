"""What holds for every objective: it says what it is, and plants and seeds are the same for the same seed of chance."""

import inspect
import re
from random import Random

import pytest

from genops.evals.use import parse_uses, python_parsing
from genops.fuzz.attack import LONGEST
from genops.fuzz.objective import find_objective
from genops.plugins import registry
from tests.fuzz.objectives.targets import BARE, FULL, SILENT

NAMES = sorted(registry.names("objective"))
OWASP = re.compile(r"LLM(0[1-9]|10)")
ATLAS = re.compile(r"AML\.T\d{4}(\.\d{3})?")
NIST = {
    "Compromising Connected Resources",
    "Confabulation",
    "Data Extraction",
    "Data Privacy",
    "Energy-latency",
    "Human-AI Configuration",
    "Indirect Prompt Injection",
    "Information Integrity",
    "Information Security",
    "Leaking Information from User Interactions",
    "Misaligned Outputs",
    "Prompt Extraction",
    "Prompt Injection",
}


def made(name, seed=0, target=FULL):
    """An objective, its plants and its seeds."""
    objective = find_objective(name)()
    rng = Random(seed)
    plants = list(objective.plants(target, rng))
    return objective, plants, list(objective.seeds(target, plants, rng))


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is_and_where_it_stands_in_the_lists_of_the_field(name):
    objective = find_objective(name)
    assert objective.name == name
    assert objective.title
    assert (inspect.getdoc(objective) or "").partition("\n")[0].endswith(".")
    assert all(OWASP.fullmatch(tag) for tag in objective.tags.owasp)
    assert all(ATLAS.fullmatch(tag) for tag in objective.tags.atlas)
    assert objective.tags.nist
    assert set(objective.tags.nist) <= NIST


@pytest.mark.parametrize("name", NAMES)
def test_it_has_enough_seeds_with_unique_ids_on_its_own_surfaces(name):
    objective, _, seeds = made(name)
    assert len({seed.id for seed in seeds}) == len(seeds)
    assert {seed.surface for seed in seeds} == set(objective.surfaces)
    for surface in objective.surfaces:
        assert 6 <= sum(seed.surface == surface for seed in seeds) <= 20
    assert all(seed.around.count("{attack}") == (1 if seed.around else 0) for seed in seeds)
    assert all(len(seed.text) <= LONGEST for seed in seeds)


@pytest.mark.parametrize("name", NAMES)
def test_it_also_attacks_in_spanish_portuguese_and_indonesian(name):
    endings = {seed.id.rpartition("_")[2] for seed in made(name)[2]}
    assert {"es", "pt", "id"} <= endings


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_to_fill_in(name):
    names = r"\[(tool|argument|value|claim|marker(_\w\w)?)\]"
    assert [seed.id for seed in made(name)[2] if re.search(names, seed.text)] == []


@pytest.mark.parametrize("name", NAMES)
def test_plants_and_seeds_are_the_same_for_the_same_chance_and_ids_for_any(name):
    _, plants, seeds = made(name, seed=7)
    _, again, same = made(name, seed=7)
    assert (plants, seeds) == (again, same)
    assert [seed.id for seed in made(name, seed=8)[2]] == [seed.id for seed in seeds]


@pytest.mark.parametrize("name", NAMES)
def test_a_canary_stands_in_its_plant_differs_by_chance_and_is_in_no_attack(name):
    _, plants, seeds = made(name)
    for plant in plants:
        assert plant.canary in plant.text
        assert not any(plant.canary in seed.text + seed.around for seed in seeds)
    canaries = [plant.canary for plant in plants]
    assert not canaries or canaries != [plant.canary for plant in made(name, seed=1)[1]]


@pytest.mark.parametrize("name", NAMES)
def test_its_oracles_are_detectors(name):
    objective, plants, _ = made(name)
    entries = list(objective.oracles(FULL, plants))
    for use in parse_uses(entries, python_parsing(entries, name)):
        values = use.scorer.range
        assert (values.low, values.high, values.lower_is_better) == (0.0, 1.0, True)
        assert use.threshold is not None
        assert use.threshold < 1


@pytest.mark.parametrize("name", NAMES)
def test_it_fits_a_target_that_has_everything(name):
    assert find_objective(name)().fits(FULL) == ""


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("argument_tampering", "it calls no tool with an argument that takes any text"),
        ("citation_forgery", "its output has no citations"),
        ("context_leak", "it neither retrieves passages nor calls a tool"),
        ("excessive_agency", "it calls no tool"),
        ("format_breaking", "its output has no schema to break"),
        ("indirect_injection", "it neither retrieves passages nor calls a tool"),
        ("markdown_exfiltration", "it has no prompt, passage or tool that could hold a secret"),
        ("pii_leak", "it has no prompt, passage or tool that could hold a secret"),
        ("prompt_extraction", "it has no prompt that could hold a secret"),
        ("tool_misuse", "it calls no tool that changes something and is not allowed"),
        ("ungrounded_claims", "it retrieves no passages that a claim could rest on"),
    ],
)
def test_it_says_why_it_cannot_be_tried_on_a_target_that_only_answers(name, why):
    assert find_objective(name)().fits(BARE) == why


def test_the_others_can():
    fitting = {name for name in NAMES if not find_objective(name)().fits(BARE)}
    assert fitting == {
        "crash",
        "cross_session_leak",
        "denial_of_wallet",
        "hidden_text",
        "instruction_override",
        "over_refusal",
        "terminal_escapes",
    }


@pytest.mark.parametrize("name", [name for name in NAMES if "input" in find_objective(name).surfaces])
def test_where_nobody_writes_an_input_it_cannot_be_tried(name):
    assert find_objective(name)().fits(SILENT) == "none of its inputs is written by an attacker"
