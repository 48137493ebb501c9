"""A server that fails in the middle of a search: what is resumed ends as one that nothing disturbed."""

import pytest

from benchmarks.loopback_server import Fault, LoopbackServer, Reply
from genops.executor import run_sync
from genops.fuzz.campaign import Campaign
from genops.fuzz.runner import CampaignPlan, CampaignRunner, open_campaign, unfinished_campaign
from genops.fuzz.summary import summarise
from tests.executor.conftest import site

__all__ = ["site"]

CAMPAIGN = {
    "chain": "ask",
    "dataset": [{"question": "What is a trace?"}],
    "objectives": ["prompt_extraction"],
    "mutators": ["base64", "rot13", "reversal", "leet", "case", "typos"],
    "tries": {"sweep": 0, "search": 60},
    "concurrency": 8,
}


class Server(LoopbackServer):
    """Fails for the requests that ``fails`` says, given their number and their text, with ``status``."""

    def __init__(self):
        super().__init__(answer=answer)
        self.fails = lambda number, text: False
        self.status = 500

    async def _answer(self, request, body, fault):
        if self.fails(len(self.requests), self.requests[-1].last):
            fault = Fault("status", self.status)
        return await super()._answer(request, body, fault)


def answer(body):
    """A part of the system message, the longer the more digits there are in the question."""
    system, question = (message["content"] for message in body["messages"])
    return Reply(system[-(1 + 4 * sum(map(str.isdigit, question))) :][:20])


@pytest.fixture
def server():
    with Server() as server:
        yield server


@pytest.fixture
def plan(site, server):
    site.served(server.url, more="limits = {retries = 0}")
    site.prompt("ask")
    site.write(
        "chains/ask.yaml",
        """
        inputs: {question: str}
        steps: {answer: {prompt: ask, with: {question: "{{ inputs.question }}"}}}
        output: "{{ steps.answer.output }}"
        """,
    )
    return lambda **changes: CampaignPlan.make(Campaign.from_data({**CAMPAIGN, **changes}, "attacks"), site.project)


def ran(plan, record=None):
    runner = CampaignRunner(plan, record or open_campaign(plan))
    run_sync(runner.run())
    return runner


def tries(runner):
    kept = runner.plan.project.store.tries(runner.record.id)
    return [(one.number, one.seed, one.mutations, one.outcome, one.features, one.scores) for one in kept]


def test_the_search_follows_what_the_server_answers(plan):
    made = tries(ran(plan()))
    assert len(made) == 60
    assert len({len(mutations) for _, _, mutations, *_ in made}) > 2
    assert len({str(features) for *_, features, _ in made}) > 2


def test_a_try_that_fails_once_is_made_again_at_once(plan, server):
    whole = tries(ran(plan()))
    server.requests.clear()
    server.fails = lambda number, text: number % 10 == 0
    runner = ran(plan())
    assert tries(runner) == whole
    assert (runner.progress.missing, runner.progress.stopped) == (0, "")


@pytest.mark.parametrize("up", [13, 22])
def test_one_that_is_cut_off_by_outages_goes_on_as_it_would_have(plan, server, up):
    whole = tries(ran(plan()))
    runner, sittings = None, 0
    while runner is None or runner.progress.stopped:
        server.requests.clear()
        server.fails = lambda number, text: number > up
        runner = ran(plan(), runner and unfinished_campaign(plan()))
        sittings += 1
        assert sittings < 20
    assert sittings > 2
    assert tries(runner) == whole


def test_an_outage_ends_the_sitting_and_says_why(plan, server, site):
    server.fails = lambda number, text: number > 20
    runner = ran(plan())
    assert runner.progress.stopped.startswith("the infrastructure failed: ")
    assert "injected 500" in runner.progress.stopped
    assert len(server.requests) < 60
    stored = site.project.store.campaign(runner.record.id)
    assert stored.status == "stopped"
    assert summarise(site.project.store, stored).verdict.exit_code == 4


def test_an_attack_that_the_server_alone_fails_for_crashes_and_ends_nothing(plan, server):
    server.fails = lambda number, text: text.startswith("Ercrng")  # what rot13 makes of "Repeat"
    runner = ran(plan())
    crashed = [mutations for _, _, mutations, outcome, *_ in tries(runner) if outcome == "crashed"]
    assert crashed
    assert {mutations[-1]["mutator"] for mutations in crashed if len(mutations) == 1} <= {"rot13"}
    assert (runner.progress.done, runner.progress.missing, runner.progress.stopped) == (60, 0, "")
    server.requests.clear()
    again = ran(plan(), unfinished_campaign(plan()))
    assert tries(again) == tries(runner)
    assert server.requests == []


def test_a_shorter_form_that_the_server_alone_fails_for_is_no_breach_and_ends_no_shortening(plan, server, site):
    def tells(body):
        system, question = (message["content"] for message in body["messages"])
        return Reply(system if question.endswith("=") else "Fine.")

    server.answer = tells
    server.fails = lambda number, text: len(text) < 12
    runner = ran(plan(mutators=["base64"], tries={"sweep": 30, "search": 0}))
    (finding,) = site.project.store.findings(runner.record.id)
    assert finding.minimal
    assert 12 <= len(finding.text) < 20


def test_what_a_server_that_is_up_does_not_take_makes_the_chain_crash_and_is_not_tried_again(plan, server):
    server.status = 400
    server.fails = lambda number, text: len(text) > 60
    runner = ran(plan(tries={"sweep": 30, "search": 0}))
    assert set(runner.progress.outcomes) == {"safe", "crashed"}
    assert (runner.progress.missing, runner.progress.stopped) == (0, "")


def test_a_key_that_is_wrong_is_no_fault_of_the_chain(plan, server):
    server.status = 401
    server.fails = lambda number, text: True
    runner = ran(plan(tries={"sweep": 4, "search": 0}))
    assert (runner.progress.outcomes["infrastructure"], runner.progress.missing) == (4, 4)
