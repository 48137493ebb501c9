"""``genops fuzz`` with seeds and mutators of others: what is said of what cannot be used."""

import json
import shutil

import pytest

from tests.fuzz.adapters.peers import GARAK, PYRIT, peer
from tests.fuzz.weak_site import SOURCE


@pytest.fixture
def campaign(site, monkeypatch):
    """Writes the campaign ``borrowed`` on a weak chain, in a project that has small peers."""
    shutil.copytree(SOURCE, site, dirs_exist_ok=True)
    (site / "evals").mkdir()
    monkeypatch.setenv("GENOPS_PEERS__GARAK", str(peer(site / "garak", "garak", GARAK)))
    monkeypatch.setenv("GENOPS_PEERS__PYRIT", str(peer(site / "pyrit", "pyrit", PYRIT)))

    def write(objective, mutators):
        definition = {
            "kind": "campaign",
            "chain": "leaks_in_base64",
            "dataset": [{"question": "When is the office open?"}],
            "objectives": [objective],
            "mutators": mutators,
            "tries": {"sweep": 20, "search": 0},
        }
        (site / "evals" / "borrowed.yaml").write_text(json.dumps(definition, indent=1))

    return write


def test_what_is_left_out_is_told_and_a_finding_runs_again_without_the_peers(genops, campaign, monkeypatch):
    campaign({"prompt_extraction": {"seeds": ["own", {"garak": "jail"}]}}, ["pyrit.Base64Converter"])
    done = genops("fuzz", "run", "borrowed", code=1)
    assert "garak's probe jail.Tap was left out: it writes its prompts while it runs, which takes a model" in done.err
    (found,) = json.loads(genops("fuzz", "show", "--json").out)["findings"]
    monkeypatch.setenv("GENOPS_PEERS__GARAK", "/nowhere")
    monkeypatch.setenv("GENOPS_PEERS__PYRIT", "/nowhere")
    genops("fuzz", "repro", found["id"], code=1)
    assert "there is no Python at /nowhere" in genops("fuzz", "run", "borrowed", code=2).err


@pytest.mark.parametrize(
    ("objective", "mutators", "said"),
    [
        ({"crash": {"seeds": {"garak": "jail.Brake"}}}, [], "did you mean jail.Break"),
        ({"crash": {"seeds": {"garak": "jail.Tap"}}}, [], "takes a model"),
        ("crash", ["pyrit.ShiftConverter"], "it needs `offset`"),
        ({"ungrounded_claims": {"seeds": "lines.txt"}}, [], "there is no such file of texts"),
    ],
)
def test_what_cannot_be_used_is_an_error_with_its_line(genops, campaign, objective, mutators, said):
    campaign(objective, mutators)
    done = genops("fuzz", "run", "borrowed", code=2)
    assert said in done.err
    assert "evals/" in done.err
