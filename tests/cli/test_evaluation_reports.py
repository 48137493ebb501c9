"""``genops eval list|show|compare|report|power|delete``: what people read of evaluations."""

import csv
import json
import subprocess
from io import StringIO

import pytest

SUITE = """
kind: suite
chain: raw
dataset:
  rows:
    - {id: good, text: Say yes, expected: "yes"}
    - {id: bad, text: Say no, expected: "yes"}
    - {id: unknown, text: Say what}
    - {id: broken, text: fail now, expected: "yes"}
scorers: [contains]
"""


@pytest.fixture
def suite(site, genops):
    """Evaluates four cases: one good, one bad, one unscored, one whose provider refuses."""
    (site / "evals").mkdir()
    (site / "evals" / "demo.yaml").write_text(SUITE, encoding="utf-8")

    def run(name):
        genops("eval", "run", "demo", "--name", name, "--no-memo", code=4)

    return run


def test_an_empty_store_lists_nothing_and_says_how_to_begin(genops):
    assert "no evaluation fits" in genops("eval", "list").err
    assert "genops eval run SUITE" in genops("eval", "show", code=2).err


def test_evaluations_are_listed_newest_first(genops, suite):
    suite("one")
    suite("two")
    listed = json.loads(genops("eval", "list", "--json").out)
    assert [record["name"] for record in listed] == ["two", "one"]
    assert [record["name"] for record in json.loads(genops("eval", "list", "-n", 1, "--json").out)] == ["two"]
    assert genops("eval", "list", "--suite", "other").out == ""
    head, first, _ = genops("eval", "list").out.splitlines()
    assert head.split()[:4] == ["EVALUATION", "STARTED", "SUITE", "NAME"]
    assert "stopped" in first


def test_a_listing_tells_changed_files_from_those_of_their_commit(genops, site, suite):
    for command in (["init", "-q"], ["add", "-A"], ["-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=site, check=True)
    suite("clean")
    (site / "evals" / "demo.yaml").write_text(f"{SUITE}# changed\n", encoding="utf-8")
    suite("changed")
    _, changed, clean = genops("eval", "list").out.splitlines()
    assert changed.split()[-1] == f"{clean.split()[-1]}+"


def test_show_counts_the_three_kinds_of_failure_and_says_how_to_resume(genops, suite):
    suite("one")
    out = genops("eval", "show", "one").out
    assert "genops eval run demo --resume" in out
    data = json.loads(genops("eval", "show", "--json").out)
    counts = data["variants"][0]["counts"]
    assert (counts["infrastructure"], counts["unscored"], counts["bad"]) == (1, 1, 1)


def test_a_failing_case_leads_to_its_trace(genops, suite):
    suite("one")
    line = next(line for line in genops("eval", "show").out.splitlines() if line.startswith("bad output"))
    command = line[line.index("genops trace show") :].split()[1:4]
    assert "Say no" in genops(*command, "--full").out


def test_show_failed_shows_samples_with_what_was_asked_and_scored(genops, suite):
    suite("one")
    out = genops("eval", "show", "one", "--failed").out
    assert "good" not in out
    assert "  text: Say no\n  expected: yes\n  output: you said no\n  contains: 0  bad\n" in out
    assert "unscored: nothing is expected" in out
    assert "infrastructure failed" in out
    (sample,) = json.loads(genops("eval", "show", "--case", "bad", "--json").out)
    assert (sample["inputs"], sample["output"]) == ({"text": "Say no"}, "you said no")


def test_show_says_how_many_samples_are_left(genops, suite):
    suite("one")
    assert "and 2 more; see them with --limit 3" in genops("eval", "show", "--failed", "-n", 1).err


def test_an_unknown_case_or_variant_lists_what_there_is(genops, suite):
    suite("one")
    assert "did you mean good?" in genops("eval", "show", "--case", "goood", code=2).err
    assert "did you mean raw?" in genops("eval", "show", "--variant", "rwa", code=2).err
    assert "no sample fits" in genops("eval", "show", "--case", "good", "--failed").err


def test_outputs_outlive_their_traces(genops, suite):
    suite("one")
    runs = [run["id"] for run in json.loads(genops("trace", "list", "--json").out)]
    genops("trace", "delete", *runs, "--yes")
    assert "output: you said yes" in genops("eval", "show", "--case", "good").out


def test_two_evaluations_are_compared_case_by_case(genops, site, suite):
    suite("before")
    changed = SUITE.replace("Say no", "Say yes").replace("Say yes, expected", "Say nope, expected", 1)
    (site / "evals" / "demo.yaml").write_text(changed, encoding="utf-8")
    suite("after")
    (comparison,) = json.loads(genops("eval", "compare", "before", "after", "--json").out)["comparisons"]
    metric = comparison["metrics"][0]
    assert (metric["wins"], metric["losses"], metric["difference"]["n"]) == (1, 1, 2)
    assert {case["case"] for case in metric["moved"]} == {"good", "bad"}
    assert "raw of" in genops("eval", "compare", "before", "after").out


def test_differences_are_corrected_as_one_likes(genops, suite):
    suite("one")
    suite("two")
    assert "p corrected by Holm, family-wise error rate" in genops("eval", "compare", "one").out
    asked = ("--correction", "e-bh")
    assert "the inverse of an e-value, corrected by e-BH" in genops("eval", "compare", "one", "two", *asked).out
    assert json.loads(genops("eval", "show", "--against", "one", *asked, "--json").out)["correction"]["name"] == "e-bh"
    assert "corrected by e-BH" in genops("eval", "report", "--against", "one", *asked, "-f", "markdown").out
    assert "--correction" in genops("eval", "compare", "one", "--correction", "none", code=2).err


def test_an_unreachable_baseline_lists_what_there_is(genops, suite):
    suite("nightly")
    error = genops("eval", "compare", "nigtly", code=2).err
    assert "there is no evaluation 'nigtly'" in error
    assert "did you mean nightly?" in error
    assert "is the evaluation itself" in genops("eval", "compare", "nightly", code=2).err


def test_a_report_is_written_in_every_format(genops, site, suite):
    from genops.evals.reports import FORMATS

    suite("one")
    for name in FORMATS:
        done = genops("eval", "report", "one", "--format", name, "-o", f"report.{name}")
        assert f"wrote report.{name}" in done.err
        assert (site / f"report.{name}").stat().st_size
    rows = list(csv.DictReader(StringIO((site / "report.csv").read_text(encoding="utf-8"))))
    assert [row["case"] for row in rows] == ["good", "bad", "unknown", "broken"]
    assert genops("eval", "report", "one", "-f", "github").out.startswith("::notice file=evals/demo.yaml,")


def test_an_unknown_format_lists_the_formats(genops, suite):
    suite("one")
    assert "did you mean junit?" in genops("eval", "report", "-f", "junti", code=2).err


def test_power_tells_how_many_cases_a_difference_needs(genops):
    plan = json.loads(genops("eval", "power", "--difference", 0.1, "--sd", 0.4, "--json").out)
    assert plan["fixed"]["n"] == 101
    assert plan["sequential"]["alpha"] == 0.05
    assert "looks once" in genops("eval", "power", "--difference", 0.1, "--sd", 0.4).out


def test_power_measures_the_spread_of_an_evaluation(genops, suite):
    suite("one")
    plan = json.loads(genops("eval", "power", "--difference", 0.3, "--evaluation", "one", "--json").out)
    assert plan["spread"]["n"] == 2
    assert "raw alone" in plan["spread"]["source"]


def test_power_without_a_spread_says_what_to_do(genops):
    assert "--sd" in genops("eval", "power", "--difference", 0.1, code=2).err


def test_delete_asks_first_and_leaves_traces(genops, suite):
    suite("one")
    assert "add --yes" in genops("eval", "delete", "one", code=2).err
    assert "deleted 1 evaluation" in genops("eval", "delete", "one", "--yes").err
    assert json.loads(genops("eval", "list", "--json").out) == []
    assert len(json.loads(genops("trace", "list", "--json").out)) == 4
