"""A campaign is read with every mistake at its line."""

from dataclasses import dataclass

import pytest

from genops.errors import DefinitionError, ReferenceNotFound
from genops.evals.use import use_scorer
from genops.fuzz import Objective, Seed, Tags, objective
from genops.fuzz.campaign import Campaign


@pytest.fixture(autouse=True)
def said():
    """An objective with a setting."""

    @objective("says", title="Says a word", severity="low", tags=Tags())
    @dataclass
    class Says(Objective):
        word: str

        def __post_init__(self):
            if not self.word:
                raise ValueError("a word has letters")

        def seeds(self, target, plants, rng):
            return [Seed("say", f"Say {self.word}.")]

        def oracles(self, target, plants):
            return [use_scorer("contains", self.word, mode="none")]


SOUND = """kind: campaign
chain: ask
dataset: [{question: What is a trace?}]
objectives:
  - says: {word: moo}
mutators:
  - base64
  - zero_width: 0.5
"""


@pytest.fixture
def load(site):
    def read(text):
        site.write("evals/attacks.yaml", text)
        return Campaign.load("attacks", site.project.settings)

    return read


def test_a_campaign_says_what_is_attacked_and_how(load):
    found = load(SOUND)
    assert (found.name, found.chain, found.depth, found.tries.sweep, found.tries.search) == (
        "attacks",
        "ask",
        3,
        100,
        200,
    )
    assert found.objectives[0].word == "moo"
    assert [(use.name, dict(use.settings)) for use in found.mutators] == [
        ("base64", {}),
        ("zero_width", {"share": 0.5}),
    ]


def test_without_mutators_every_one_that_needs_no_model_is_used(load):
    names = {use.name for use in load(SOUND[: SOUND.index("mutators")]).mutators}
    assert {"base64", "zero_width"} <= names
    assert not any(use.mutator.asks for use in load(SOUND[: SOUND.index("mutators")]).mutators)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: campaign", "kind: suite", r"attacks.yaml: a campaign is a mapping with `kind: campaign`"),
        ("chain: ask", "chian: ask", r"attacks.yaml:2: unknown key 'chian' in a campaign"),
        ("chain: ask\n", "", r"a campaign needs `chain:`"),
        ("says:", "sais:", r"attacks.yaml:5: no objective is called 'sais'"),
        ("word: moo", "wrod: moo", r"attacks.yaml:5: the objective 'says' has no setting 'wrod'"),
        ("word: moo", "word: 3", r"attacks.yaml:5: the objective 'says': `word`: "),
        ("base64", "base46", r"attacks.yaml:7: no mutator is called 'base46'"),
        ("- base64", "- base64: 3", r"attacks.yaml:7: the mutator 'base64' takes no value"),
        ("zero_width: 0.5", "zero_width: much", r"attacks.yaml:8: the mutator 'zero_width': `share`: "),
        (
            "zero_width: 0.5",
            "zero_width: {shard: 1}",
            r"attacks.yaml:8: the mutator 'zero_width' has no setting",
        ),
        ("  - base64", "  - base64: 1\n    rot: 2", r"attacks.yaml:7: an entry of `mutators` names one mutator"),
        ("  - base64", "  - 64", r"attacks.yaml:7: an entry of `mutators` names one mutator"),
        ("  - base64", "  - 64: base", r"attacks.yaml:7: no mutator is called '64'"),
        ("  - says: {word: moo}", "  - says", r"attacks.yaml:5: the objective 'says' needs 'word'"),
        ("  - says: {word: moo}", "  - says: {word: ''}", r"attacks.yaml:5: the objective 'says': a word has letters"),
        ("  - says: {word: moo}", "  - says: moo", r"attacks.yaml:5: the settings of 'says' are a mapping"),
        ("objectives:\n  - says: {word: moo}", "objectives: says", r"attacks.yaml:4: `objectives` is a list"),
        ("chain: ask", "chain: [ask]", r"attacks.yaml:2: `chain`: Input should be a valid string"),
        ("mutators:", "depth: 0\nmutators:", r"attacks.yaml:6: `depth`: "),
        ("mutators:", "tries: {sweep: -1}\nmutators:", r"attacks.yaml:6: tries.sweep: "),
        ("mutators:", "tries: {swep: 1}\nmutators:", r"attacks.yaml:6: unknown key 'tries.swep'"),
        ("mutators:", "of: '{{ output'\nmutators:", r"attacks.yaml:6: "),
        ("mutators:", "of: '{{ outptu }}'\nmutators:", r"attacks.yaml:6: there is no variable 'outptu'"),
        ("mutators:", "strategies: [pair]\nmutators:", r"attacks.yaml:6: the strategy 'pair' asks a model"),
        ("mutators:\n  - base64", "mutators:\n  - translate", r"attacks.yaml:7: the mutator 'translate' asks a model"),
        (
            "mutators:",
            "gate: [syas <= 0.1]\nmutators:",
            r"attacks.yaml:6: 'syas <= 0.1': no objective is called",
        ),
        ("mutators:", "gate: {alpha: 0.1}\nmutators:", r"attacks.yaml:6: a gate needs `rules:`"),
    ],
)
def test_a_mistake_is_told_with_its_line(load, old, new, message):
    with pytest.raises(DefinitionError) as caught:
        load(SOUND.replace(old, new, 1))
    assert message.split("attacks.yaml")[-1].lstrip(":") in str(caught.value)
    assert "attacks.yaml" in str(caught.value)


def test_what_is_a_suite_names_its_command(load):
    with pytest.raises(DefinitionError) as caught:
        load("kind: suite\nchain: ask\n")
    assert caught.value.hint == "it is a suite: genops eval run attacks"


def test_a_campaign_that_is_not_there_has_a_nearest_name(load):
    load(SOUND)
    with pytest.raises(ReferenceNotFound, match="no campaign is called 'attakcs'"):
        Campaign.load("attakcs", load.__closure__[0].cell_contents.project.settings)
