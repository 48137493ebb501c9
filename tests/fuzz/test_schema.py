"""The JSON Schema of a campaign accepts what the reader accepts, and knows every key of it."""

from pathlib import Path

import jsonschema
import pytest

from genops.fuzz import campaign
from genops.fuzz.robustness import spec
from genops.fuzz.schema import json_schema
from genops.fuzz.strategies import STRATEGIES
from genops.plugins import registry
from genops.syntax import read_yaml

EVALS = Path(__file__).parents[2] / "evals"
SMALL = {"kind": "campaign", "chain": "answer", "dataset": "cases.jsonl", "objectives": ["prompt_extraction"]}


def read(path):
    return read_yaml(path.read_text(), path).data


@pytest.fixture(scope="module")
def whole():
    return json_schema()


@pytest.fixture(scope="module")
def schema(whole):
    jsonschema.Draft202012Validator.check_schema(whole)
    return jsonschema.Draft202012Validator(whole)


def test_every_key_that_the_reader_takes_is_there(whole):
    assert set(whole["properties"]) == set(campaign._KEYS)
    robustness = whole["properties"]["robustness"]["anyOf"][1]
    assert set(robustness["properties"]) == set(spec._KEYS)
    assert set(whole["properties"]["tries"]["properties"]) == set(campaign.Tries.model_fields)


def test_the_projects_own_campaigns_fit(schema):
    for path in sorted(EVALS.glob("*.yaml")):
        if read(path).get("kind") == "campaign":
            schema.validate(read(path))


@pytest.mark.parametrize("kind", ["objective", "mutator", "relation", "strategy"])
def test_every_name_that_is_registered_may_stand_alone(schema, kind):
    names = sorted(STRATEGIES) if kind == "strategy" else registry.names(kind)
    assert names
    if kind == "relation":
        return schema.validate({**SMALL, "robustness": {"relations": names}})
    return schema.validate({**SMALL, {"strategy": "strategies"}.get(kind, f"{kind}s"): names})


FITS = [
    {"objectives": [{"indirect_injection": {"step": "search"}}, "over_refusal"]},
    {"objectives": [{"denial_of_wallet": {"tokens": 500, "usd": None}}]},
    {"objectives": [{"prompt_extraction": {"seeds": ["own", {"garak": "encoding.InjectBase64"}, "attacks.csv"]}}]},
    {"mutators": ["base64", {"many_shot": 8}, {"few_shot": {"shots": 8}}, {"hex": None}]},
    {
        "objectives": [
            {"indirect_injection": {"poison": "index", "detectors": [{"like_examples": "told.jsonl", "k": 3}]}}
        ]
    },
    {"objectives": [{"crash": {"detectors": [{"closed_qa": "Does it work?"}]}}], "judge": "judge"},
    {"regions": True},
    {"regions": {"distance": 0.5, "most": 9, "embedder": "hashing"}},
    {"mutators": ["own"]},
    {"mutators": ["pyrit.ROT13Converter", {"pyrit.CaesarConverter": {"caesar_offset": 3}}]},
    {"strategies": ["pair", {"crescendo": {"turns": 3}}], "attacker": "helper", "conversation": "history"},
    {"attack": ["question", "history"], "of": "{{ output.answer }}", "depth": 2, "seed": 7},
    {"tries": {"sweep": 500, "search": 0}, "budget": {"usd": 1}, "timeout": 10, "concurrency": 4},
    {"gate": ["prompt_extraction <= 0.02"]},
    {"gate": {"rules": "prompt_extraction not worse than answer@git:main by 0.02", "about": "sweep"}},
    {"robustness": True},
    {"robustness": {"relations": ["typo"], "same": {"rouge": None, "threshold": 0.9}, "cases": 5, "at_most": 0.1}},
    {"robustness": {"at_most": {"typo": 0.1, "all": 0.2}, "changes": 2}},
    {"description": "What the docs say.", "judge": "judge", "dataset": [{"question": "one"}]},
]
DOES_NOT = [
    {"objectives": ["prompt_extractoin"]},
    {"objectives": [{"indirect_injection": {"stpe": "search"}}]},
    {"objectives": [{"denial_of_wallet": {"tokens": "many"}}]},
    {"objectives": [{"prompt_extraction": {"seeds": []}}]},
    {"objectives": [{"indirect_injection": {"poison": "last"}}]},
    {"objectives": [{"crash": {"detectors": "like_examples"}}]},
    {"objectives": [{"crash": {"detectors": [{"like_exmples": "told.jsonl"}]}}]},
    {"regions": {"distance": 0}},
    {"regions": 3},
    {"mutators": ["base46"]},
    {"mutators": [{"base64": 3}]},
    {"mutators": [{"many_shot": {"shots": 0}}]},
    {"mutators": [{"case": {"form": "loud"}}]},
    {"mutators": [{"base64": None, "hex": None}]},
    {"strategies": ["persuade"]},
    {"depth": 0},
    {"tries": {"swep": 1}},
    {"gate": {"alpha": 0.1}},
    {"gate": {"rules": "prompt_extraction <= 0.02", "about": "dataset"}},
    {"robustness": {"relations": ["tpyo"]}},
    {"robustness": {"at_most": 2}},
    {"chian": "answer"},
    {"kind": "suite"},
]


@pytest.mark.parametrize("more", FITS, ids=str)
def test_what_the_reader_takes_fits(schema, more):
    schema.validate({**SMALL, **more})
    campaign.Campaign.from_data({**SMALL, **more}, "attacks")


@pytest.mark.parametrize("more", DOES_NOT, ids=str)
def test_what_the_reader_refuses_does_not(schema, more):
    with pytest.raises(jsonschema.ValidationError):
        schema.validate({**SMALL, **more})
    with pytest.raises(campaign.DefinitionError):
        campaign.Campaign.from_data({**SMALL, **more}, "attacks")


def test_there_is_something_to_attack(schema):
    bare = {key: value for key, value in SMALL.items() if key != "objectives"}
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(bare)
    schema.validate({**bare, "robustness": True})
