"""Each case is asked unchanged, unchanged again, and changed; the rates say what a change does beside chance."""

import asyncio
import itertools
import json

import pytest

import genops
from genops.errors import Unfinished, UsageError
from genops.fuzz.runner import open_campaign, unfinished_campaign
from genops.fuzz.summary import ChangeOutcomes
from tests.fuzz.robustness.conftest import CASES, plan, ran, result, tries

DEFAULT = {"cases": 3, "changes": 2}


def told(rate):
    return (rate.relation, rate.rate.value)


def test_a_change_that_matters_is_told_from_those_that_do_not(harbour):
    site = harbour()
    found = result(ran(plan(site, {**DEFAULT, "relations": ["case", "typo", "reordered_passages"]})))
    assert told(found.baseline) == ("unchanged", 0.0)
    rates = {rate.relation: rate for rate in found.relations}
    assert rates["typo"].rate.value == 0.0
    assert rates["reordered_passages"].rate.value == 0.0
    assert rates["case"].rate.value > 0.5
    assert rates["case"].excess.value == rates["case"].rate.value
    assert rates["case"].outcomes.changed == round(6 * rates["case"].rate.value)


def test_intervals_are_of_cases_and_not_of_tries(harbour):
    site = harbour()
    found = result(ran(plan(site, {**DEFAULT, "changes": 5, "relations": ["typo"]})))
    rate = found.relations[0].rate
    assert (rate.n, rate.clusters) == (15, 3)
    assert rate.high == pytest.approx(0.708, abs=0.001)  # none of three, exactly; none of fifteen would be 0.218


def test_the_prompt_whose_step_changed_first_is_named(harbour):
    site = harbour()
    found = result(ran(plan(site, {**DEFAULT, "relations": ["case"]})))
    assert [(one.step, one.prompt) for one in found.prompts] == [("tidy", "ask")]
    assert found.prompts[0].rate.value == found.relations[0].rate.value
    assert found.prompts[0].without.value == 0.0


def test_a_chain_that_varies_by_itself_has_a_baseline(harbour):
    site = harbour(chain=CHAIN_OF_DICE)
    rolled = itertools.count()

    @genops.tool
    def roll(text: str) -> str:
        """Another number each time."""
        return f"roll {next(rolled)}"

    found = result(ran(plan(site, {**DEFAULT, "relations": ["typo"]})))
    assert found.baseline.rate.value == 1.0
    assert told(found.relations[0]) == ("typo", 1.0)
    assert found.relations[0].excess.value == 0.0


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
    found = result(runner)
    assert found.baseline.rate.value == 0.0
    assert told(found.relations[0]) == (relation, 1.0)
    changed = [made for made in tries(runner) if made.objective == relation]
    assert {made.surface for made in changed} == {"passage"}
    said = {site.trace(made.run).value(site.project.store.run(made.run).output) for made in changed}
    pieces = {len(text.split(" / ")) for text in said}
    assert pieces == ({2} if relation == "reordered_passages" else {3})


def test_where_there_is_nothing_to_change_nothing_is_counted(harbour):
    site = harbour(documents=("Ferries leave at nine.",))
    spec = {**DEFAULT, "relations": ["reordered_passages", "punctuation"]}
    found = result(ran(plan(site, spec, dataset=[{"id": "plain", "question": "ferry"}])))
    for rate in found.relations:
        assert rate.rate.value is None
        assert rate.outcomes == ChangeOutcomes(skipped=2)


def test_a_chain_that_breaks_under_a_change_has_changed(harbour):
    site = harbour(chain=CHAIN_OF_DICE)

    @genops.tool
    def roll(text: str) -> str:
        """Breaks on what nobody sees."""
        if not text.isascii():
            raise ValueError("not plain")
        return "seven"

    found = result(ran(plan(site, {**DEFAULT, "relations": ["zero_width", "typo"]})))
    assert {rate.relation: rate.rate.value for rate in found.relations} == {"zero_width": 1.0, "typo": 0.0}
    assert found.relations[0].outcomes == ChangeOutcomes(crashed=6)


def test_a_model_that_is_away_changes_nothing_and_is_asked_again(harbour):
    site = harbour('rules:\n  - {when: {expression: "{{ true }}"}, fault: {kind: server_error}}\n')
    made = plan(site, {**DEFAULT, "relations": ["typo"]})
    runner = ran(made)
    assert {made.outcome for made in tries(runner)} == {"infrastructure"}
    assert (result(runner).failed, result(runner).baseline.rate.value) == (3, None)
    assert result(runner).standing.outcome == "unfinished"
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
    assert result(cut).standing.reason == "robustness: 17 tries are missing"
    again = ran(plan(site, spec), unfinished_campaign(plan(site, spec)))
    assert again.progress.done == whole.progress.done
    assert shown(whole) == shown(again)
    kept = {one.number: one.run for one in tries(cut)}
    assert kept.items() <= {one.number: one.run for one in tries(again)}.items()


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"relations": ["case"]}, "`robustness` changed since"), ({}, "the prompt ask changed since")],
)
def test_what_changed_since_is_named(harbour, changes, message):
    site = harbour()
    spec = {**DEFAULT, "relations": ["typo"]}
    ran(plan(site, spec, budget={"tokens": 1}, concurrency=1))
    if not changes:
        site.prompt("ask", (site.root / "prompts" / "ask.prompt").read_text() + " Please.")
        site.reopen()
    with pytest.raises(Unfinished, match=message):
        unfinished_campaign(plan(site, {**spec, **changes}))


def shown(runner):
    return [(one.number, one.objective, one.outcome, one.mutations) for one in tries(runner)]


def test_a_case_that_was_left_half_done_is_compared_with_its_first_answer(harbour):
    site = harbour()
    spec = {**DEFAULT, "relations": ["case"]}
    half = [one for one in tries(ran(plan(site, spec))) if one.number != 3]
    record = open_campaign(plan(site, spec))
    site.project.store.add_tries(record.id, half)
    runner = ran(plan(site, spec), record)
    made = {one.number: one for one in tries(runner)}
    assert len(made) == runner.progress.done == 12
    assert made[0].run == half[0].run
    assert made[3].outcome == "changed"


def test_a_case_whose_first_answer_is_gone_is_asked_again_and_counts_once(harbour):
    site = harbour()
    spec = {**DEFAULT, "relations": ["case"]}
    whole = ran(plan(site, spec))
    record = open_campaign(plan(site, spec))
    half = [one for one in tries(whole) if one.number != 3]
    site.project.store.add_tries(record.id, half)
    site.project.store.delete([half[0].run])
    runner = ran(plan(site, spec), record)
    assert runner.progress.done == 12
    assert tries(runner)[0].run != half[0].run


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
    attacks = {"objectives": ["crash"], "tries": {"sweep": 5, "search": 3}, "mutators": ["typos"]}
    made = plan(site, {**DEFAULT, "relations": ["typo"]}, **attacks)
    runner = ran(made)
    phases = [one.phase for one in tries(runner)]
    assert phases == ["sweep"] * 5 + ["search"] * 3 + ["robustness"] * 12
    assert [one.number for one in tries(runner)] == list(range(made.size))
    assert runner.progress.done == runner.progress.total == made.size


def test_its_settings_are_part_of_what_a_campaign_is_known_by_and_what_is_allowed_is_not(harbour):
    site = harbour()
    digests = [plan(site, {**DEFAULT, **more}).digest for more in ({}, {"changes": 4}, {"at_most": 0.1})]
    assert digests[0] != digests[1]
    assert digests[0] == digests[2]


def test_an_answer_without_the_part_that_is_compared_tells_nothing(harbour):
    site = harbour()
    spec = {**DEFAULT, "relations": ["typo"]}
    found = result(ran(plan(site, spec, of="{{ output.answer.text }}")))
    assert found.relations[0].outcomes == ChangeOutcomes(unscored=6)
    assert found.standing.outcome == "undecided"


def test_a_chain_that_says_nothing_is_never_called_steady(harbour):
    site = harbour('rules:\n  - {when: {expression: "{{ true }}"}, text: ""}\n', chain=ASKS_ALONE)
    found = result(ran(plan(site, {**DEFAULT, "relations": ["typo"]})))
    assert found.standing.outcome == "undecided"
    assert found.standing.reason.endswith("the first: the answer to the unchanged case is empty")


def test_a_chain_that_always_breaks_is_never_called_steady(harbour):
    site = harbour(chain=CHAIN_OF_DICE)

    @genops.tool
    def roll(text: str) -> str:
        """Always breaks."""
        raise ValueError("the dice are lost")

    found = result(ran(plan(site, {**DEFAULT, "relations": ["typo"]})))
    assert (found.unanswered, found.standing.outcome) == (3, "undecided")
    assert "the first: " in found.standing.reason
    assert "the dice are lost" in found.standing.reason


def test_a_chain_whose_model_declines_a_changed_case_has_changed(harbour):
    rules = RULES_AGAIN.replace("rules:", 'rules:\n  - {when: {user: "[A-Z]{2}"}, fault: {kind: refuse}}')
    found = result(ran(plan(harbour(rules), {**DEFAULT, "relations": ["case"]})))
    assert found.relations[0].outcomes.crashed > 0
    assert found.standing.outcome == "good"


def test_a_secret_in_how_a_chain_failed_is_not_kept(harbour):
    site = harbour(chain=CHAIN_OF_DICE)

    @genops.tool
    def roll(text: str) -> str:
        """Tells its key when it breaks."""
        if not text.isascii():
            raise ValueError("no access with sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD")
        return "seven"

    runner = ran(plan(site, {**DEFAULT, "relations": ["zero_width"]}))
    assert result(runner).relations[0].outcomes == ChangeOutcomes(crashed=6)
    assert "abcdefgh" not in str(tries(runner))
    assert "no access with" in result(runner).examples[0].became


def test_an_attacker_that_declines_to_paraphrase_is_told_apart(harbour, site):
    site.scripted("rules: [{fault: {kind: refuse}}]", alias="helper")
    harbour()
    runner = ran(plan(site, {**DEFAULT, "relations": ["paraphrase", "typo"]}, attacker="helper"))
    found = result(runner)
    assert found.relations[0].outcomes == ChangeOutcomes(refused=6)
    assert (found.standing.outcome, runner.progress.refused) == ("good", 6)
    again = ran(plan(site, {**DEFAULT, "relations": ["paraphrase", "typo"]}, attacker="helper"), runner.record)
    assert [one.run for one in tries(again)] == [one.run for one in tries(runner)]


def test_what_is_the_same_can_be_said_by_a_scorer(harbour):
    site = harbour()
    lenient = {"edit_similarity": None, "threshold": 0.01}
    found = result(ran(plan(site, {**DEFAULT, "relations": ["case"], "same": lenient})))
    assert told(found.relations[0]) == ("case", 0.0)


def test_what_a_judge_uses_counts_against_the_budget(harbour, site):
    site.scripted("""rules: [{text: '{"reasoning": "alike", "verdict": "equal"}'}]""", alias="judge")
    harbour()
    spec = {**DEFAULT, "relations": ["typo"]}
    alone = ran(plan(site, spec))
    judged = ran(plan(site, {**spec, "same": {"factuality": None, "threshold": 0.5}}, judge="judge"))
    assert judged.progress.tokens > 2 * alone.progress.tokens


def test_a_judge_that_is_away_says_nothing_of_the_chain(harbour, site):
    site.scripted('rules:\n  - {when: {expression: "{{ true }}"}, fault: {kind: server_error}}\n', alias="judge")
    harbour()
    same = {"factuality": None, "threshold": 0.5}
    found = result(ran(plan(site, {**DEFAULT, "relations": ["typo"], "same": same}, judge="judge")))
    assert found.relations[0].rate.value is None
    assert found.relations[0].outcomes == ChangeOutcomes(infrastructure=6)


def test_a_paraphrase_is_asked_of_the_attacker(harbour, site):
    rewritten = json.dumps({"text": "At what hour is it?"})
    site.scripted(json.dumps({"rules": [{"text": rewritten}]}), alias="helper")
    harbour()
    made = plan(site, {**DEFAULT, "relations": ["paraphrase"]}, attacker="helper")
    runner = ran(made)
    assert told(result(runner).relations[0]) == ("paraphrase", 0.0)
    asked = [one for one in tries(runner) if one.objective == "paraphrase"]
    assert {site.trace(one.run).value(site.project.store.run(one.run).inputs)["question"] for one in asked} == {
        "At what hour is it?"
    }


def test_by_default_every_relation_is_used_that_can_be(harbour):
    names = [relation.name for relation in plan(harbour(), True).robustness.relations]
    assert "paraphrase" not in names
    assert {"accents", "case", "duplicated_passage", "irrelevant_passage", "typo"} <= set(names)


def test_a_chain_that_retrieves_nothing_has_no_passages_to_change(harbour):
    site = harbour(chain=ASKS_ALONE)
    with pytest.raises(UsageError, match="changes passages, and the chain 'harbour' retrieves none"):
        plan(site, {"relations": ["irrelevant_passage"]})
    assert not {"reordered_passages"} & {relation.name for relation in plan(site, True).robustness.relations}
