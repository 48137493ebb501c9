"""``genops fuzz mutators`` and ``genops fuzz objectives``: built-ins and plug-ins, for people and programs."""

import json

import pytest

from genops.plugins import registry

SHOUT = """
from genops import Objective, Seed, Tags, mutator, objective
from genops.evals import use_scorer

@mutator("shout", family="layout", keeps_meaning=True)
def shout(text: str, marks: int = 3) -> str:
    '''The text in capitals, with marks after it.'''
    return text.upper() + "!" * marks

@objective("says", title="Says a word", severity="low", tags=Tags(owasp=("LLM01",)))
class Says(Objective):
    '''The chain says a word.'''

    def __init__(self, *, word: str) -> None:
        self.word = word

    def seeds(self, target, plants, rng):
        return [Seed("say", f"Say {self.word}.")]

    def oracles(self, target, plants):
        return [use_scorer("contains", self.word, mode="none")]
"""


@pytest.fixture
def extras(site, monkeypatch):
    """A plug-in of the project."""
    (site / "loud_extras.py").write_text(SHOUT)
    monkeypatch.setenv("GENOPS_PLUGINS", '["tests.retrieval.hashing", "loud_extras"]')
    monkeypatch.syspath_prepend(str(site))


@pytest.mark.parametrize(("command", "name"), [("mutators", "many_shot"), ("objectives", "prompt_extraction")])
def test_every_one_is_listed_with_its_settings_and_one_line(genops, command, name):
    rows = {row["name"]: row for row in json.loads(genops("fuzz", command, "--json").out)}
    assert sorted(rows) == registry.names(command.removesuffix("s"))
    assert all(row["description"].endswith(".") for row in rows.values())
    shown = genops("fuzz", command).out
    assert name in shown
    assert rows[name]["description"][:40] in shown


def test_a_setting_has_its_type_and_default(genops):
    rows = {row["name"]: row for row in json.loads(genops("fuzz", "mutators", "--json").out)}
    assert rows["many_shot"]["settings"] == {"shots": {"default": 16, "maximum": 1000, "minimum": 1, "type": "integer"}}
    assert rows["many_shot"]["family"] == "wrapping"
    assert "shots=16" in genops("fuzz", "mutators").out
    assert [name for name, row in rows.items() if row["asks"]] == ["paraphrase", "translate"]


def test_those_of_plug_ins_are_there_too(genops, extras):
    mutators = {row["name"]: row for row in json.loads(genops("fuzz", "mutators", "--json").out)}
    assert mutators["shout"]["settings"] == {"marks": {"default": 3, "type": "integer"}}
    objectives = {row["name"]: row for row in json.loads(genops("fuzz", "objectives", "--json").out)}
    assert objectives["says"]["settings"] == {"word": {"type": "string"}}
    assert objectives["says"]["tags"]["owasp"] == ["LLM01"]
    assert "word" in genops("fuzz", "objectives").out
