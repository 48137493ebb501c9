"""``genops fuzz report`` and ``genops fuzz run --report``: what came of a campaign, in the formats that others read."""

import json

import pytest

from tests.cli.test_fuzz import attacked, campaign

__all__ = ["attacked", "campaign"]

BEGINNINGS = {
    "terminal": "attacks  ",
    "html": "<!doctype html>",
    "json": "{",
    "junit": '<?xml version="1.0"',
    "sarif": "{",
    "markdown": "### Attacks on `leaks_in_base64`: `attacks`",
    "github": "::error file=evals/attacks.yaml,",
}


def test_every_format_is_written(genops, attacked):
    from genops.fuzz.reports import FORMATS

    assert set(BEGINNINGS) == set(FORMATS)
    for name, beginning in BEGINNINGS.items():
        assert genops("fuzz", "report", "-f", name).out.startswith(beginning)


def test_a_finding_is_shown_at_the_line_of_its_step(genops, attacked, site):
    told = genops("fuzz", "report", "attacks", "-f", "sarif", "-o", "findings.sarif")
    assert told.err == "wrote findings.sarif\n"
    (run,) = json.loads((site / "findings.sarif").read_text())["runs"]
    where = run["results"][0]["locations"][0]["physicalLocation"]
    lines = (site / "chains" / "leaks_in_base64.yaml").read_text().splitlines()
    assert where["artifactLocation"]["uri"] == "chains/leaks_in_base64.yaml"
    assert lines[where["region"]["startLine"] - 1].strip() == "answer:"
    assert (
        run["results"][0]["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "prompts/desk.prompt"
    )


def test_a_run_writes_reports_too_whatever_the_verdict(genops, campaign, site):
    wanted = ("--report", "html=attacks.html", "--report", "junit=attacks.xml")
    told = genops("fuzz", "run", "attacks", *wanted, code=1)
    assert "wrote attacks.html\n" in told.err
    assert "prompt_extraction" in (site / "attacks.html").read_text()
    assert 'failures="1"' in (site / "attacks.xml").read_text()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("run", "attacks", "--report", "html"), "--report 'html' is no report"),
        (("run", "attacks", "--report", "htm=x.html"), "there is no format 'htm'"),
        (("report", "-f", "pdf"), "there is no format 'pdf'"),
    ],
)
def test_a_report_that_cannot_be_written_is_told_before_anything_is_tried(genops, campaign, words, error):
    told = genops("fuzz", *words, code=2)
    assert error in told.err
    assert "Traceback" not in told.err
