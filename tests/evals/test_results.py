"""Stored evaluations are found by whatever people call them, and their samples read with what was asked."""

import subprocess

import pytest

from genops.errors import ReferenceNotFound
from tests.evals.stored import Evaluations, contains


@pytest.fixture
def evaluations(tmp_path):
    made = Evaluations(tmp_path)
    yield made
    made.store.close()


ONE = [{"case": 0, "scores": {"contains": contains(1)}}]


def test_an_evaluation_is_found_by_its_name_id_revision_and_suite(evaluations):
    first = evaluations.add(ONE, name="before", revision="c0ffee12" * 5)
    second = evaluations.add(ONE, suite="other")
    find = evaluations.results.find
    for reference in ("before", first.id, first.id[:6], "c0ffee1", "demo", "last~1"):
        assert find(reference).record == first
    for reference in ("other", "last"):
        assert find(reference).record == second


def test_the_newest_of_a_name_is_meant(evaluations):
    evaluations.add(ONE, name="nightly")
    newest = evaluations.add(ONE, name="nightly")
    assert evaluations.results.find("nightly").record == newest


def test_nothing_is_the_name_of_none(evaluations):
    evaluations.add(ONE)
    with pytest.raises(ReferenceNotFound, match="there is no evaluation ''"):
        evaluations.results.find("")


def test_a_commit_does_not_stand_for_changed_files(evaluations):
    evaluations.add(ONE, revision="c0ffee12" * 5 + "+")
    with pytest.raises(ReferenceNotFound):
        evaluations.results.find("c0ffee12")
    assert evaluations.results.find("c0ffee12+")


def test_a_git_revision_leads_to_the_evaluation_of_its_commit(evaluations):
    root = evaluations.settings.root
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q", "-b", "main"], cwd=root, check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "one"], cwd=root, check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True).stdout
    record = evaluations.add(ONE, revision=commit.strip())
    evaluations.add(ONE)
    assert evaluations.results.find("git:main").record == record
    with pytest.raises(ReferenceNotFound, match="git knows no revision 'mian'"):
        evaluations.results.find("git:mian")


def test_a_lock_leads_to_the_variant_that_has_it(evaluations):
    samples = [{"case": 0, "variant": v, "scores": {"contains": contains(v == "new")}} for v in ("old", "new")]
    locks = {"old": "aa11" * 16, "new": "bb22" * 16}
    record = evaluations.add(samples, variants=("old", "new"), locks=locks)
    found = evaluations.results.find("bb22bb")
    assert (found.record, found.variant) == (record, "new")
    summary = evaluations.results.summary(found)
    assert [variant.name for variant in summary.variants] == ["new"]
    assert evaluations.results.find("#aa11").variant == "old"


def test_a_baseline_by_lock_is_what_others_are_compared_with(evaluations):
    samples = [{"case": 0, "variant": v, "scores": {"contains": contains(1)}} for v in ("old", "new")]
    evaluations.add(samples, variants=("old", "new"), locks={"old": "aa11" * 16, "new": "bb22" * 16})
    evaluations.add(ONE)
    find = evaluations.results.find
    summary = evaluations.results.summary(find("last"), against=find("bb22bb"))
    assert [comparison.reference for comparison in summary.comparisons] == ["new"]


def test_a_baseline_that_is_not_there_lists_what_there_is(evaluations):
    known = evaluations.add(ONE, name="nightly")
    with pytest.raises(ReferenceNotFound, match="there is no evaluation 'nigtly'") as raised:
        evaluations.results.find("nigtly")
    assert "did you mean nightly?" in raised.value.hint
    assert f"{known.id[:12]}  demo  nightly" in raised.value.hint


def test_an_empty_store_says_how_to_make_one(evaluations):
    with pytest.raises(ReferenceNotFound, match="none is stored") as raised:
        evaluations.results.find("last")
    assert "genops eval run" in raised.value.hint


def test_samples_come_with_what_was_asked_and_answered(evaluations):
    output = evaluations.keep({"answer": "A"})
    record = evaluations.add([{"case": 0, "output": output}, {"case": 1}])
    (sample,) = evaluations.results.samples(record, lambda sample: sample.case == "c0")
    assert (sample.case.inputs["q"], sample.case.expected) == ("ask 0", "A")
    assert sample.output == {"answer": "A"}
    assert not sample.gone


def test_an_output_that_was_pruned_is_gone_and_no_error(evaluations):
    record = evaluations.add([{"case": 0, "output": "0" * 64}])
    (sample,) = evaluations.results.samples(record, lambda sample: True)
    assert sample.gone
    assert sample.output is None
