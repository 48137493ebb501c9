"""Annotations of GitHub Actions: one for the verdict, one for each of the first findings, at its step."""

from functools import partial

import pytest

from tests.fuzz.reports.conftest import BREACHES, HOSTILE, SAFE


@pytest.fixture
def lines(written, chain):
    return lambda *args, **more: partial(written, "github")(*args, **more).splitlines()


def test_a_finding_is_shown_at_the_line_of_its_step(lines):
    verdict, finding = lines(BREACHES, [{"step": "tidy[0]/short"}])
    assert verdict.startswith("::error file=evals/attacks.yaml,title=attacks%3A bad%3A attacks got there::")
    assert finding.startswith("::error file=chains/answer_docs.yaml,line=10,title=prompt_extraction (high)::leak exact")
    assert finding.endswith("genops fuzz repro ffffffffffff%0Agenops trace show aaaaaaaaaaaa")


def test_no_breach_is_a_notice_and_too_little_known_a_warning(lines):
    assert lines(SAFE)[0].startswith("::notice ")
    assert lines([{"outcome": "crashed"}] * 48)[0].startswith("::warning ")


def test_nothing_of_an_attack_is_another_command(lines):
    _, finding = lines(BREACHES, [{"text": HOSTILE, "label": "a\n::error::b"}])
    assert r"\u202eall\u2066\x1b[2J\ud800" in finding
    finding.encode()


def test_as_many_are_written_as_are_shown(lines):
    many = [{"id": f"{n:032x}", "number": n} for n in range(30)]
    assert len(lines(BREACHES, many)) == 10
