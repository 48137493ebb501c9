"""The real garak and PyRIT, where ``make peers`` installed them or the settings' variables name their Python."""

import os
from pathlib import Path
from random import Random

import pytest

from genops.errors import Location, ReferenceNotFound, UsageError
from genops.fuzz import define_campaign, fuzz
from genops.fuzz.adapters.garak import Garak
from genops.fuzz.adapters.pyrit import ConverterUse, Pyrit
from genops.settings import Settings
from tests.fuzz.weak_site import site, weak

__all__ = ["site", "weak"]

ROOT = Path(__file__).parents[3]
AT = Location("evals/attacks.yaml", 7)


def python_of(name):
    return Path(os.environ.get(f"GENOPS_PEERS__{name.upper()}", ROOT / f".venv-{name}" / "bin" / "python"))


def installed(name):
    python = python_of(name)
    return pytest.mark.skipif(not python.is_file(), reason=f"no {name} at {python}: run `make peers`")


pytestmark = pytest.mark.slow
PEERS = Settings(peers={"garak": python_of("garak"), "pyrit": python_of("pyrit")})


@pytest.fixture
def garak():
    made = Garak.of(PEERS, 0)
    yield made
    made.child.close()


@pytest.fixture
def pyrit():
    made = Pyrit.of(PEERS)
    yield made
    made.child.close()


@installed("garak")
def test_what_a_probe_of_garak_encodes_is_what_its_answer_would_say(garak):
    texts = garak.prompts(["encoding.InjectHex"]).texts
    assert len(texts) > 100
    shown = next(text for text in texts if text.triggers[0].isascii())
    assert bytes(shown.triggers[0], "utf-8").hex() in shown.text.lower().replace(" ", "")


@installed("garak")
def test_the_same_seed_gives_the_same_prompts_of_garak_in_another_process(garak):
    def drawn(seed):
        other = Garak.of(PEERS, seed)
        try:
            return other.prompts(["promptinject.HijackLongPrompt", "latentinjection.LatentWhoisSnippet"]).texts
        finally:
            other.child.close()

    first = drawn(0)
    assert first == garak.prompts(["promptinject.HijackLongPrompt", "latentinjection.LatentWhoisSnippet"]).texts
    assert first != drawn(1)
    assert all(text.triggers for text in first)


@installed("garak")
def test_jailbreaks_of_garak_have_texts_and_no_triggers(garak):
    texts = garak.prompts(["dan.Dan_1*"]).texts
    assert len(texts) >= 2
    assert not any(text.triggers for text in texts)


@installed("garak")
def test_a_probe_of_garak_that_leads_a_model_is_refused_or_left_out(garak):
    with pytest.raises(UsageError, match="takes a model"):
        garak.prompts(["tap.TAP"])
    lent = garak.prompts(["tap.*"])
    assert {text.id.rpartition(".")[0] for text in lent.texts} == {"garak.tap.TAPCached"}
    assert len(lent.notes) == 2


@installed("garak")
def test_garak_knows_its_probes(garak):
    with pytest.raises(ReferenceNotFound) as refused:
        garak.prompts(["encoding.InjectBase46"])
    assert "encoding.InjectBase64" in refused.value.hint


@installed("pyrit")
@pytest.mark.parametrize(
    ("name", "settings", "text"),
    [
        ("Base64Converter", {}, "YSBoZXJvbg=="),
        ("ROT13Converter", {}, "n ureba"),
        ("CaesarConverter", {"caesar_offset": 1}, "b ifspo"),
    ],
)
async def test_a_converter_of_pyrit_is_a_mutator(pyrit, name, settings, text):
    mutator = pyrit.mutator(ConverterUse(f"pyrit.{name}", settings, AT))
    assert await mutator.apply("a heron", Random(0)) == text


@installed("pyrit")
@pytest.mark.parametrize("name", ["EmojiConverter", "ZalgoConverter", "InsertPunctuationConverter"])
async def test_a_converter_of_pyrit_draws_from_its_seed(pyrit, name):
    mutator = pyrit.mutator(ConverterUse(f"pyrit.{name}", {}, AT))
    text = "A heron stands on one leg, by the water."
    drawn = [await mutator.apply(text, Random(seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


@installed("pyrit")
@pytest.mark.parametrize(
    ("name", "settings", "why"),
    [
        ("VariationConverter", {}, "it asks a model"),
        ("CaesarConverter", {}, "it needs `caesar_offset`"),
        ("CaesarConverter", {"offset": 1}, "has no setting 'offset'"),
        ("Base46Converter", {}, "has no converter"),
    ],
)
def test_a_converter_of_pyrit_that_cannot_be_used_is_refused(pyrit, name, settings, why):
    with pytest.raises(UsageError, match=why):
        pyrit.mutator(ConverterUse(f"pyrit.{name}", settings, AT))


@installed("garak")
@installed("pyrit")
def test_a_campaign_of_both_finds_the_hole(weak, monkeypatch):
    monkeypatch.setenv("GENOPS_PEERS__GARAK", str(python_of("garak")))
    monkeypatch.setenv("GENOPS_PEERS__PYRIT", str(python_of("pyrit")))
    campaign = define_campaign(
        "both",
        chain="leaks_in_base64",
        dataset=[{"question": "When is the office open?"}],
        objectives=[
            "prompt_extraction",
            {"instruction_override": {"seeds": {"garak": ["promptinject.HijackLongPrompt", "dan.Dan_1*"]}}},
        ],
        mutators=["pyrit.Base64Converter", "pyrit.EmojiConverter"],
        tries={"sweep": 60, "search": 0},
    )
    done = fuzz(campaign, weak.project)
    (finding,) = done.findings
    assert [mutation["mutator"] for mutation in finding.mutations] == ["pyrit.Base64Converter"]
    assert set(done.progress.outcomes) == {"breach", "safe"}
    assert set(done.record.body["manifest"]["borrowed"]) == {"garak", "pyrit"}
