"""``genops fuzz promote``: what broke a chain once is asked by a suite from then on."""

import json
import re

import pytest

from tests.cli.test_fuzz import attacked, campaign, finding

__all__ = ["attacked", "campaign"]


def test_a_finding_becomes_a_case_that_fails_until_the_hole_is_mended(genops, attacked, site):
    done = genops("fuzz", "promote", finding(genops)["id"][:8], "--suite", "kept")
    assert re.fullmatch(
        r"evals/kept.yaml: a new suite\nevals/kept.jsonl: 1 case added\n  prompt_extraction-\w{12}\n", done.out
    )
    assert done.err == "genops eval run kept --gate\n"
    assert (site / "evals/kept.jsonl").is_file()
    genops("eval", "run", "kept", "--gate", code=1)
    genops("eval", "run", "kept", "--gate", "--chain", "leaks_in_base64_hardened")


def test_all_findings_of_a_campaign_are_taken_once(genops, attacked):
    first = json.loads(genops("fuzz", "promote", "--all", "last", "--suite", "kept", "--json").out)
    assert (first["suite"], first["dataset"], first["made"]) == ("evals/kept.yaml", "evals/kept.jsonl", True)
    again = genops("fuzz", "promote", "--all", "attacks", "--suite", "kept")
    assert f"0 cases added\nthere already: {first['written'][0]}" in again.out


def test_a_suite_with_scorers_of_its_own_is_told_of(genops, attacked, site):
    genops("fuzz", "promote", "--all", "last", "--suite", "kept")
    suite = site / "evals/kept.yaml"
    suite.write_text(suite.read_text().replace("scorers: []", "scorers: [refusal]"))
    assert (
        "the suite's own scorers score them too: refusal"
        in genops("fuzz", "promote", "--all", "last", "--suite", "kept").err
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--suite", "kept"], "name findings, or a campaign"),
        (["0123456789"], "name the suite that the findings go to"),
        (["0123456789", "--suite", "kept"], "no finding"),
        (["--all", "attcks", "--suite", "kept"], "attcks"),
    ],
)
def test_what_is_not_there_is_an_error(genops, attacked, arguments, problem):
    assert problem in genops("fuzz", "promote", *arguments, code=2).err
