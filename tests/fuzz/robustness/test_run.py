"""Each case is asked unchanged, unchanged again, and changed; the rates say what a change does beside chance."""

import asyncio
import itertools
import json

import pytest

import genops
from genops.errors import UsageError
from genops.executor import run_sync
from genops.fuzz.robustness.run import RobustnessRunner, open_robustness
from genops.store.records import TryRecord
from tests.fuzz.robustness.conftest import CASES, plan, ran, result

DEFAULT = {"cases": 3, "changes": 2}


def told(rate):
    return (rate.relation, rate.rate.estimate)


def test_a_change_that_matters_is_told_from_those_that_do_not(harbour):
    site = harbour()
    found = result(site, ran(plan(site, {**DEFAULT, "relations": ["case", "typo", "reordered_passages"]})))
    assert told(found.baseline) == ("unchanged", 0.0)
    rates = {rate.relation: rate for rate in found.relations}
    assert rates["typo"].rate.estimate == 0.0
    assert rates["reordered_passages"].rate.estimate == 0.0
    assert rates["case"].rate.estimate > 0.5
    assert rates["case"].excess.estimate == rates["case"].rate.estimate
    assert rates["case"].outcomes["changed"] == round(6 * rates["case"].rate.estimate)


def test_intervals_are_of_cases_and_not_of_tries(harbour):
    site = harbour()
    found = result(site, ran(plan(site, {**DEFAULT, "changes": 5, "relations": ["typo"]})))
    rate = found.relations[0].rate
    assert (rate.n, rate.clusters) == (15, 3)
    assert rate.bounds[1] == pytest.approx(0.708, abs=0.001)  # none of three, exactly; none of fifteen would be 0.218


def test_the_prompt_whose_step_changed_first_is_named(harbour):
    site = harbour()
    found = result(site, ran(plan(site, {**DEFAULT, "relations": ["case"]})))
    assert [(one.step, one.prompt) for one in found.prompts] == [("tidy", "ask")]
    assert found.prompts[0].rate.estimate == found.relations[0].rate.estimate
    assert found.prompts[0].without.estimate == 0.0


def test_a_chain_that_varies_by_itself_has_a_baseline(harbour):
    site = harbour(chain=CHAIN_OF_DICE)
    rolled = itertools.count()

    @genops.tool
    def roll(text: str) -> str:
        """Another number each time."""
        return f"roll {next(rolled)}"

    found = result(site, ran(plan(site, {**DEFAULT, "relations": ["typo"]})))
    assert found.baseline.rate.estimate == 1.0
    assert told(found.relations[0]) == ("typo", 1.0)
    assert found.relations[0].excess.estimate == 0.0


CHAIN_OF_DICE = """
inputs: {question: str}
steps:
  roll: {tool: roll, with: {text: "{{ inputs.question }}"}}
output: "{{ steps.roll.output }}"
"""

ASKS_ALONE = """
inputs: {question: str}
steps:
  answer: {prompt: ask, with: {question: "{{ inputs.question }}"}}
output: "{{ steps.answer.output }}"
"""
FIRST_PASSAGE = """
inputs: {question: str}
steps:
  search: {retrieve: docs, query: "{{ inputs.question }}", k: 2}
  answer: {prompt: told, with: {heard: "{{ steps.search.output | map(attribute='text') | join(' / ') }}"}}
output: "{{ steps.answer.output }}"
"""
ECHO = """
rules:
  - {when: {expression: "{{ true }}"}, text: "{{ messages[-1].content }}"}
"""


@pytest.mark.parametrize("relation", ["reordered_passages", "duplicated_passage", "irrelevant_passage"])
def test_passages_are_changed_in_one_run_alone(harbour, relation):
    site = harbour(ECHO, FIRST_PASSAGE)
    runner = ran(plan(site, {**DEFAULT, "relations": [relation]}))
    found = result(site, runner)
    assert found.baseline.rate.estimate == 0.0
    assert told(found.relations[0]) == (relation, 1.0)
    tries = [made for made in site.project.store.tries(runner.record.id) if made.objective == relation]
    assert {made.surface for made in tries} == {"passage"}
    said = {site.trace(made.run).value(site.project.store.run(made.run).output) for made in tries}
    pieces = {len(text.split(" / ")) for text in said}
    assert pieces == ({2} if relation == "reordered_passages" else {3})


def test_where_there_is_nothing_to_change_nothing_is_counted(harbour):
    site = harbour(documents=("Ferries leave at nine.",))
    found = result(
        site,
        ran(
            plan(
                site,
                {**DEFAULT, "relations": ["reordered_passages", "punctuation"]},
                dataset=[{"id": "plain", "question": "ferry"}],
            )
        ),
    )
    for rate in found.relations:
        assert rate.rate is None
        assert rate.outcomes == {"unscored": 2}


def test_a_chain_that_breaks_under_a_change_has_changed(harbour):
    site = harbour(chain=CHAIN_OF_DICE)

    @genops.tool
    def roll(text: str) -> str:
        """Breaks on what nobody sees."""
        if not text.isascii():
            raise ValueError("not plain")
        return "seven"

    found = result(site, ran(plan(site, {**DEFAULT, "relations": ["zero_width", "typo"]})))
    assert {rate.relation: rate.rate.estimate for rate in found.relations} == {"zero_width": 1.0, "typo": 0.0}
    assert found.relations[0].outcomes == {"crashed": 6}


def test_a_model_that_is_away_changes_nothing_and_is_asked_again(harbour):
    site = harbour('rules:\n  - {when: {expression: "{{ true }}"}, fault: {kind: server_error}}\n')
    made = plan(site, {**DEFAULT, "relations": ["typo"]})
    runner = ran(made)
    assert dict(runner.progress.outcomes) == {"infrastructure": 3}
    assert result(site, runner).baseline.rate is None
    site.write("m.script.yaml", RULES_AGAIN)
    site.reopen()
    again = ran(plan(site, {**DEFAULT, "relations": ["typo"]}), runner.record)
    assert again.progress.outcomes["same"] == 9


RULES_AGAIN = 'rules:\n  - {when: {expression: "{{ true }}"}, text: "The ferry leaves at nine."}\n'


def test_one_that_was_cut_off_goes_on_and_ends_as_one_that_was_not(harbour):
    site = harbour()
    spec = {**DEFAULT, "relations": ["case", "typo"]}
    whole = ran(plan(site, spec))
    cut = ran(plan(site, spec, budget={"tokens": 1}, concurrency=1))
    assert cut.progress.done == 1
    assert whole.progress.done == len(CASES) * 6
    assert "budget of 1 tokens" in cut.progress.stopped
    again = ran(plan(site, spec), cut.record)
    assert again.progress.done == whole.progress.done
    tries = [
        [(one.number, one.objective, one.outcome, one.mutations) for one in site.project.store.tries(runner.record.id)]
        for runner in (whole, again)
    ]
    assert tries[0] == tries[1]


def test_a_case_that_was_left_half_done_is_compared_with_its_first_answer(harbour):
    site = harbour()
    spec = {**DEFAULT, "relations": ["case"]}
    whole = ran(plan(site, spec))
    half = [one for one in site.project.store.tries(whole.record.id) if one.number != 3]
    record = open_robustness(plan(site, spec))
    site.project.store.add_tries(record.id, half)
    ran(plan(site, spec), record)
    tries = {one.number: one for one in site.project.store.tries(record.id)}
    assert len(tries) == 12
    assert tries[0].run == half[0].run
    assert tries[3].outcome == "changed"


def test_no_more_is_under_way_at_once_than_the_campaign_allows(harbour):
    site = harbour(chain=CHAIN_OF_DICE)
    under_way, most = 0, 0

    @genops.tool
    async def roll(text: str) -> str:
        """Takes its time."""
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return "seven"

    ran(plan(site, {**DEFAULT, "relations": ["typo", "zero_width"]}, concurrency=2))
    assert most == 2


def test_its_tries_stand_behind_those_of_attacks_in_one_record(harbour):
    site = harbour()
    made = plan(site, {**DEFAULT, "relations": ["typo"]})
    record = open_robustness(made)
    attack = TryRecord(0, "sweep", "crash", "seed", "input", [], "breach")
    site.project.store.add_tries(record.id, [attack])
    runner = RobustnessRunner(made, record, first=1)
    run_sync(runner.run())
    tries = list(site.project.store.tries(record.id))
    assert tries[0] == attack
    assert [one.number for one in tries] == list(range(1 + made.size))
    assert runner.progress.done == made.size


def test_what_is_the_same_can_be_said_by_a_scorer(harbour):
    site = harbour()
    lenient = {"edit_similarity": None, "threshold": 0.01}
    found = result(site, ran(plan(site, {**DEFAULT, "relations": ["case"], "same": lenient})))
    assert told(found.relations[0]) == ("case", 0.0)


def test_a_judge_that_is_away_says_nothing_of_the_chain(harbour, site):
    site.scripted('rules:\n  - {when: {expression: "{{ true }}"}, fault: {kind: server_error}}\n', alias="judge")
    harbour()
    same = {"factuality": None, "threshold": 0.5}
    found = result(site, ran(plan(site, {**DEFAULT, "relations": ["typo"], "same": same}, judge="judge")))
    assert found.relations[0].rate is None
    assert found.relations[0].outcomes == {"infrastructure": 6}


def test_a_paraphrase_is_asked_of_the_attacker(harbour, site):
    rewritten = json.dumps({"text": "At what hour is it?"})
    site.scripted(json.dumps({"rules": [{"text": rewritten}]}), alias="helper")
    harbour()
    made = plan(site, {**DEFAULT, "relations": ["paraphrase"]}, attacker="helper")
    runner = ran(made)
    assert told(result(site, runner).relations[0]) == ("paraphrase", 0.0)
    asked = [one for one in site.project.store.tries(runner.record.id) if one.objective == "paraphrase"]
    assert {site.trace(one.run).value(site.project.store.run(one.run).inputs)["question"] for one in asked} == {
        "At what hour is it?"
    }


def test_by_default_every_relation_is_used_that_can_be(harbour):
    names = [relation.name for relation in plan(harbour(), True).relations]
    assert "paraphrase" not in names
    assert {"accents", "case", "duplicated_passage", "irrelevant_passage", "typo"} <= set(names)


def test_a_chain_that_retrieves_nothing_has_no_passages_to_change(harbour):
    site = harbour(chain=ASKS_ALONE)
    with pytest.raises(UsageError, match="changes passages, and the chain 'harbour' retrieves none"):
        plan(site, {"relations": ["irrelevant_passage"]})
    assert not {"reordered_passages"} & {relation.name for relation in plan(site, True).relations}


def test_a_campaign_without_the_key_says_what_to_add(site, harbour):
    with pytest.raises(UsageError, match="the campaign 'steady' has no `robustness:`"):
        plan_without(harbour())


def plan_without(site):
    from genops.fuzz.campaign import Campaign
    from genops.fuzz.robustness.plan import RobustnessPlan

    data = {"chain": "harbour", "dataset": CASES, "objectives": ["crash"]}
    return RobustnessPlan.make(Campaign.from_data(data, "steady"), site.project)
