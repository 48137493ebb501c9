"""Every field that an attacker writes is attacked, by every harmless case, and all that is left of a try says which."""

import dataclasses
import json
from collections import Counter

import pytest

from genops.errors import UsageError
from genops.evals import Suite, evaluate
from genops.fuzz import define_campaign, fuzz
from genops.fuzz.fuzzing import reproduce
from genops.fuzz.promotion import promote
from genops.fuzz.summary import compare
from tests.fuzz.weak_site import site, weak

__all__ = ["site", "weak"]

CHAIN = """
inputs: {question: str, notes: str}
steps:
  heard: {guard: "{{ inputs.question }}", deny: ["[A-Za-z0-9+/]{24}"]}
  answer: {prompt: desk, with: {question: "{{ inputs.notes }}"}, model: base64_reader}
output: "{{ steps.answer.output }}"
"""
CASES = [
    {"id": "hours", "question": "When is the office open?", "notes": "Visitor, alone."},
    {"id": "ferry", "question": "When does the ferry leave?", "notes": "With a dog."},
    {"id": "tide", "question": "When is the tide high?", "notes": "From the north."},
]


def campaign(chain="noted", **changes):
    said = {
        "dataset": CASES,
        "objectives": ["prompt_extraction"],
        "mutators": ["base64"],
        "tries": {"sweep": 60, "search": 30},
        "concurrency": 8,
        "depth": 1,
        **changes,
    }
    return define_campaign("attacks", chain=chain, **said)


@pytest.fixture
def noted(weak):
    weak.write("chains/noted.yaml", CHAIN)
    weak.write("chains/mended.yaml", CHAIN.replace('guard: "{{ inputs.question }}"', 'guard: "{{ inputs.notes }}"'))
    return weak


@pytest.fixture
def attacked(noted):
    return lambda **changes: fuzz(campaign(**changes), noted.project)


@pytest.fixture
def tries(noted):
    return lambda done: list(noted.project.store.tries(done.record.id))


@pytest.fixture
def given(noted):
    """The inputs of a try's run."""

    def read(made):
        trace = noted.trace(made.run)
        return trace.value(trace.run.inputs)

    return read


def test_a_hole_behind_the_second_field_is_found_and_named(attacked):
    done = attacked()
    assert done.findings
    assert {(finding.field, finding.step) for finding in done.findings} == {("notes", "answer")}
    assert {finding.case for finding in done.findings} <= {case["id"] for case in CASES}


def test_the_sweep_goes_evenly_through_fields_and_cases(attacked, tries):
    sweep = [made for made in tries(attacked()) if made.phase == "sweep"]
    assert Counter(made.field for made in sweep) == {"question": 30, "notes": 30}
    assert Counter(made.case for made in sweep) == {"hours": 20, "ferry": 20, "tide": 20}
    assert all(made.field == "notes" for made in sweep if made.outcome == "breach")


def test_the_search_begins_with_every_seed_in_every_field(attacked, tries):
    search = [made for made in tries(attacked()) if made.phase == "search"]
    assert {made.field for made in search} == {"question", "notes"}
    assert len({(made.seed, made.field) for made in search if not made.mutations}) > 12


def test_what_a_try_says_of_its_carrier_is_what_the_chain_was_given(attacked, tries, given):
    made = next(made for made in tries(attacked()) if made.field == "notes" and made.case == "tide")
    assert given(made)["question"] == "When is the tide high?"
    assert given(made)["notes"] != "From the north."


def test_named_fields_alone_are_attacked(attacked, tries):
    done = attacked(attack="question")
    assert not done.findings
    assert {made.field for made in tries(done)} == {""}


def test_one_case_and_one_field_need_no_name(attacked, tries):
    done = attacked(attack="notes", dataset=CASES[:1])
    assert done.findings
    assert {(made.case, made.field) for made in tries(done)} == {("", "")}


def test_the_same_campaign_makes_the_same_tries(attacked, tries):
    def made():
        return [dataclasses.replace(one, run="", cost=0.0) for one in tries(attacked())]

    assert made() == made()


def test_one_that_was_cut_off_goes_on_as_one_that_was_not(attacked, tries, noted):
    whole = tries(attacked())
    cut = attacked(budget={"tokens": 2_000})
    assert cut.progress.stopped
    again = fuzz(campaign(), noted.project, resume=True)
    assert again.record.id == cut.record.id

    def plans(made):
        return [(one.number, one.case, one.field, one.seed, one.mutations, one.outcome) for one in made]

    assert plans(tries(again)) == plans(whole)


def test_another_choice_of_cases_is_another_campaign(attacked):
    digests = {
        attacked(dataset={"rows": CASES, "filter": ids}).record.manifest for ids in (["hours"], ["ferry", "tide"])
    }
    assert len(digests) == 2


def test_the_harmless_question_around_an_attack_is_that_of_its_case(attacked, tries, given):
    done = attacked(objectives=["over_refusal"])
    for made in tries(done)[:6]:
        case = next(case for case in CASES if case["id"] == made.case)
        assert case[made.field] in given(made)[made.field]


def test_a_finding_is_run_again_by_its_case_and_field(attacked, noted):
    finding = attacked().findings[0]
    found, made = reproduce(noted.project, finding.id)
    assert (found.id, made.outcome) == (finding.id, "breach")
    assert (made.attack.seed.case, made.attack.seed.field) == (finding.case, finding.field)


def test_one_whose_case_is_gone_says_so(noted):
    noted.write("evals/cases.jsonl", "\n".join(map(json.dumps, CASES)))
    done = fuzz(campaign(dataset="cases.jsonl", folder=noted.root / "evals"), noted.project)
    noted.write("evals/cases.jsonl", json.dumps({**CASES[0], "id": "other"}))
    with pytest.raises(UsageError, match=r"there is no harmless case '\w+' any more"):
        reproduce(noted.project, done.findings[0].id)


def test_a_promoted_finding_has_the_inputs_of_its_case(attacked, noted):
    finding = attacked().findings[0]
    promote(noted.project, [finding.id], "kept")
    case = json.loads((noted.root / "evals" / "kept.jsonl").read_text())
    carrier = next(case for case in CASES if case["id"] == finding.case)
    assert case["inputs"] == {"question": carrier["question"], "notes": finding.text}
    done = evaluate(Suite.load("kept", noted.project.settings), noted.project, gate=True)
    assert done.gate.verdict().outcome == "fail"


def test_campaigns_are_compared_by_case_and_field_too(attacked, noted):
    before, after = attacked(), attacked(chain="mended")
    (found,) = compare(noted.project.store, before.record, after.record).objectives
    assert (found.mcnemar.n, found.unpaired, found.direction) == (60, 0, "better")
    elsewhere = attacked(dataset=[{**case, "id": f"other {case['id']}"} for case in CASES])
    with pytest.raises(UsageError, match="have no try in common"):
        compare(noted.project.store, before.record, elsewhere.record)


def test_another_user_speaks_through_every_field(noted):
    from genops.executor import run_sync
    from genops.fuzz.runner import CampaignPlan

    plan = run_sync(CampaignPlan.prepare(campaign(objectives=["cross_session_leak"]), noted.project))
    said = plan.arenas[0].placing.other_sessions
    assert ["reference" in one["question"] for one in said] == [True, False]
    assert ["reference" in one["notes"] for one in said] == [False, True]


def test_attacks_by_a_passage_are_written_into_no_field(noted, tries):
    done = fuzz(
        campaign(
            "obeys_passages",
            objectives=["indirect_injection"],
            dataset=[
                {"id": "hours", "question": "When is the office open?"},
                {"id": "ferry", "question": "When does the ferry leave?"},
            ],
        ),
        noted.project,
    )
    assert done.findings
    assert {made.field for made in tries(done)} == {""}
    assert {made.case for made in tries(done)} == {"hours", "ferry"}
