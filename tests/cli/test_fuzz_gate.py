"""``genops fuzz run --gate``, and campaigns and suites that are taken for each other."""

import json

import pytest

from tests.cli.test_fuzz import campaign

__all__ = ["campaign"]


@pytest.mark.parametrize(
    ("rule", "code", "said"),
    [("prompt_extraction <= 0.9", 0, "gate passed after"), ("prompt_extraction <= 0.01", 1, "gate failed after")],
)
def test_the_gate_decides_and_what_was_found_is_shown(genops, campaign, rule, code, said):
    campaign(gate=[rule], tries={"sweep": 68, "search": 0})
    shown = genops("fuzz", "run", "attacks", "--gate", code=code)
    assert said in shown.out
    assert rule in shown.out
    assert "base64" in shown.out  # the finding


def test_what_seeds_cannot_tell_is_undecided(genops, campaign):
    gate = {"rules": "prompt_extraction <= 0.02", "about": "population"}
    campaign(chain="leaks_in_base64_hardened", gate=gate, tries={"sweep": 34, "search": 0})
    shown = json.loads(genops("fuzz", "run", "attacks", "--gate", "--json", code=3).out)
    assert shown["gate"]["outcome"] == shown["verdict"]["outcome"] == "undecided"
    assert shown["gate"]["rules"][0]["n"] == 17


def test_a_second_run_goes_on_and_a_fresh_one_does_not(genops, campaign):
    campaign(gate=["prompt_extraction <= 0.01"])
    first = json.loads(genops("fuzz", "run", "attacks", "--gate", "--json", code=1).out)
    again = genops("fuzz", "run", "attacks", "--gate", "--json", code=1)
    assert json.loads(again.out)["id"] == first["id"]
    assert "nothing was tried: this was decided before" in again.err
    fresh = genops("fuzz", "run", "attacks", "--gate", "--fresh", "--json", code=1)
    assert json.loads(fresh.out)["id"] != first["id"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--gate"], "the campaign 'attacks' has no gate"),
        (["--fresh"], "--fresh goes with --gate"),
        (["--gate", "--fresh", "--resume"], "--resume goes on with a campaign; --fresh starts one"),
    ],
)
def test_what_makes_no_sense_is_refused(genops, campaign, options, said):
    assert said in genops("fuzz", "run", "attacks", *options, code=2).err


def test_a_campaign_that_is_run_as_a_suite_names_its_command(genops, campaign):
    assert "it is a campaign: genops fuzz run attacks" in genops("eval", "run", "attacks", code=2).err


def test_a_suite_that_is_run_as_a_campaign_names_its_command(genops, campaign, site):
    (site / "evals" / "cases.yaml").write_text(
        "kind: suite\nchain: leaks_in_base64\ndataset: []\nscorers: [contains]\n"
    )
    assert "it is a suite: genops eval run cases" in genops("fuzz", "run", "cases", code=2).err


def test_the_schema_of_campaigns_is_printed(genops, site):
    assert json.loads(genops("schema", "campaign").out)["title"] == "genops campaign"
