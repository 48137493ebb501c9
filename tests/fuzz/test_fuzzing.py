"""Fuzzing from Python: a campaign, its findings, and one of them run again."""

import importlib
import sys
from dataclasses import replace

import pytest

from genops.errors import ReferenceNotFound, Unfinished
from genops.fuzz.entries import MutatorUse
from genops.fuzz.fuzzing import define_campaign, fuzz, reproduce
from genops.fuzz.mutator import find_mutator
from tests.fuzz.weak_site import site, weak

__all__ = ["site", "weak"]

LOUD = """
from genops import mutator

@mutator("loud_marks", family="layout")
def loud_marks(text: str) -> str:
    return text + "!"
"""


@pytest.fixture
def campaign():
    return define_campaign(
        "attacks",
        chain="leaks_in_base64",
        dataset=[{"question": "When is the office open?"}],
        objectives=["prompt_extraction"],
        mutators=["base64", "rot13"],
        tries={"sweep": 40, "search": 0},
    )


def test_a_campaign_gives_its_findings(weak, campaign):
    told = []
    done = fuzz(campaign, weak.project, on_progress=lambda progress: told.append(progress.done))
    assert done.record.status == "finished"
    assert told[-1] == done.progress.done == 40
    (finding,) = done.findings
    assert (finding.step, finding.severity) == ("answer", "medium")


def test_a_finding_breaks_it_again_until_the_hole_is_closed(weak, campaign):
    (finding,) = fuzz(campaign, weak.project).findings
    kept, again = reproduce(weak.project, finding.id[:8])
    assert (kept, again.outcome, again.attack.text) == (finding, "breach", finding.text)
    weak.write("chains/leaks_in_base64.yaml", (weak.root / "chains" / "leaks_in_base64_hardened.yaml").read_text())
    assert reproduce(weak.project, finding.id)[1].outcome == "safe"


def test_what_was_never_found_cannot_be_run_again(weak):
    with pytest.raises(ReferenceNotFound):
        reproduce(weak.project, "abcdef")


def test_there_is_nothing_to_resume_of_one_that_was_never_run(weak, campaign):
    with pytest.raises(Unfinished, match="the campaign 'attacks' was never run"):
        fuzz(campaign, weak.project, resume=True)


def resumed(weak, campaign):
    """What is said of a campaign that cannot be resumed."""
    with pytest.raises(Unfinished) as refused:
        fuzz(campaign, weak.project, resume=True)
    return refused.value.message


def test_a_prompt_that_changed_since_is_named(weak, campaign):
    fuzz(campaign, weak.project)
    prompt = weak.root / "prompts" / "desk.prompt"
    prompt.write_text(prompt.read_text().replace("to yourself", "secret"))
    said = resumed(weak, campaign)
    assert said == "the last run of 'attacks' cannot be resumed: the prompt desk changed since"


def test_code_of_a_plug_in_that_changed_since_is_named(weak, campaign, monkeypatch):
    monkeypatch.syspath_prepend(str(weak.root))
    file = weak.write("loud_marks.py", LOUD)
    importlib.import_module("loud_marks")
    loud = replace(campaign, mutators=(MutatorUse(find_mutator("loud_marks")),))
    try:
        fuzz(loud, weak.project)
        file.write_text(LOUD.replace("!", "?"))
        said = resumed(weak, loud)
    finally:
        del sys.modules["loud_marks"]
    assert said == "the last run of 'attacks' cannot be resumed: the code of the mutator loud_marks changed since"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"dataset": [{"question": "Another?"}]}, "the dataset changed"),
        ({"mutators": ["base64"]}, "the mutator 'rot13' changed"),
        ({"objectives": ["crash"]}, "the objective 'prompt_extraction', the objective 'crash' changed"),
        ({"tries": {"sweep": 41, "search": 0}, "seed": 7}, "resumed: `tries`, `seed` changed"),
    ],
    ids=["the dataset", "mutators", "objectives", "numbers"],
)
def test_what_changed_in_a_campaign_since_is_named(weak, campaign, change, told):
    fuzz(campaign, weak.project)
    changed = define_campaign("attacks", **{**campaign.file.data, **change})
    assert told in resumed(weak, changed)
