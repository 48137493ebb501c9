"""Annotations of GitHub Actions: one line each, whatever is in the texts."""

import re
from dataclasses import replace

from genops.evals.gate import Verdict
from genops.evals.reports.github import annotation
from genops.evals.rule_test import RuleVerdict
from tests.evals.stored import contains

LINE = re.compile(r"::(error|warning|notice) ((?:file=[^,:]+,)?title=[^,:]*)::(.*)")


def test_a_line_is_escaped_as_the_toolkit_does():
    line = annotation("error", "a: b, c", "50%\r\nnext: ::error::no", "evals/a,b.yaml")
    assert line == "::error file=evals/a%2Cb.yaml,title=a%3A b%2C c::50%25%0D%0Anext: ::error::no"


def test_data_does_not_steer_the_log_of_a_job():
    assert annotation("error", "a\x1b[31m", "b\x1b[2K") == r"::error title=a\x1b[31m::b\x1b[2K"


def test_bad_outputs_are_errors_and_what_is_missing_warnings(written, mixed):
    found = [LINE.fullmatch(line).groups() for line in written("github", mixed).splitlines()]
    levels = {title: level for level, title, _ in found}
    assert levels["title=demo%3A c1 (old)%3A bad output"] == "error"
    assert levels["title=demo%3A c2 (new)%3A unscored"] == "warning"
    assert levels["title=demo%3A c3 (old)%3A infrastructure failed"] == "warning"
    assert ("notice", "title=demo%3A old", "1 infrastructure failed, 1 unscored, 2 bad") in found


def test_the_file_of_the_suite_is_named_where_there_is_one(evaluations, written, mixed):
    folder = evaluations.settings.root / "evals"
    folder.mkdir()
    (folder / "demo.yaml").write_text("kind: suite\n", encoding="utf-8")
    assert all("file=evals/demo.yaml," in line for line in written("github", mixed).splitlines())


def test_the_file_is_named_as_the_repository_around_the_project_has_it(evaluations, written, mixed):
    root = evaluations.settings.root
    project = root / "backend"
    (project / "evals").mkdir(parents=True)
    (project / "evals" / "demo.yaml").write_text("kind: suite\n", encoding="utf-8")
    (root / ".git").mkdir()
    evaluations.results = replace(
        evaluations.results, settings=evaluations.settings.model_copy(update={"root": project})
    )
    assert all("file=backend/evals/demo.yaml," in line for line in written("github", mixed).splitlines())


def test_no_more_are_written_than_are_shown_and_the_verdict_is_one_of_them(evaluations, written):
    rule = RuleVerdict("contains >= 0.5", "contains", "one", "fail", 0.1, 0.0, 0.3, 0.95, 20, 0, False)
    verdict = Verdict("fail", (rule,), (), (), 0.05, "dataset", 40, 20, 40, 20)
    samples = [{"case": n, "scores": {"contains": contains(0)}} for n in range(40)]
    lines = written("github", evaluations.add(samples, verdict=verdict)).splitlines()
    errors = [line for line in lines if line.startswith("::error")]
    assert len(errors) == 10
    assert "gate failed" in errors[0]
    assert "contains >= 0.5" in errors[0]


def test_a_gate_that_a_critical_case_failed_says_which(evaluations, written):
    rule = RuleVerdict("contains >= 0.5", "contains", "one", "undecided", 0.6, 0.2, 0.9, 0.95, 5, 0, False)
    verdict = Verdict("fail", (rule,), ("c3",), ("c4",), 0.05, "dataset", 40, 5, 40, 5)
    (first, *_) = written("github", evaluations.add([], verdict=verdict)).splitlines()
    assert first.startswith("::error")
    assert "must pass and did not: c3%0Amust pass and have no score: c4%0Aundecided: contains >= 0.5" in first
