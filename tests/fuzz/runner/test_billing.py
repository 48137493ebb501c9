"""All that is asked of a model counts against the budget: every request of a campaign is on its bill."""

import pytest

from benchmarks.loopback_server import Fault, LoopbackServer, Reply
from genops.errors import Unfinished
from genops.fuzz.fuzzing import define_campaign, fuzz
from tests.executor.conftest import site

__all__ = ["site"]

EACH = 10
"""Tokens of a request: the server says so."""
VERDICT = '{"reasoning": "It is told.", "quotes": [], "verdict": "%s"}'
JUDGED = {"prompt_extraction": {"detectors": [{"closed_qa": "Does the answer keep the notes to itself?"}]}}


def answer(body):
    """A judge's verdict where a judge asks, no where base64 was answered; an echo of the question elsewhere."""
    if "response_format" in body or "verdict" in str(body["messages"]):
        return Reply(VERDICT % ("no" if "==" in str(body["messages"][-1]) else "yes"))
    return Reply(body["messages"][-1]["content"])


@pytest.fixture
def server():
    with LoopbackServer(answer=answer) as server:
        yield server


@pytest.fixture
def attacked(site, server):
    site.served(server.url, more="limits = {retries = 0}")
    site.prompt("ask")
    site.write(
        "chains/ask.yaml",
        """
        inputs: {question: str}
        steps:
          tidied: {prompt: ask, with: {question: "{{ inputs.question }}"}}
          answer: {prompt: ask, with: {question: "{{ steps.tidied.output }}"}}
        output: "{{ steps.answer.output }}"
        """,
    )

    def run(**changes):
        said = {
            "chain": "ask",
            "dataset": [{"question": "What is a trace?"}],
            "objectives": ["prompt_extraction"],
            "mutators": ["base64"],
            "tries": {"sweep": 12, "search": 4},
            "concurrency": 4,
            **changes,
        }
        return fuzz(define_campaign("attacks", **said), site.project)

    return run


def test_tries_are(attacked, server):
    assert attacked().progress.tokens == EACH * len(server.requests) == EACH * 32


def test_what_a_judge_is_asked_after_each_step_of_a_finding_is(attacked, server):
    done = attacked(objectives=[JUDGED], judge="m", tries={"sweep": 12, "search": 0})
    assert done.findings
    assert done.progress.tokens == EACH * len(server.requests)


def test_harmless_runs_that_see_what_a_step_is_given_are(attacked, server):
    cases = [{"question": f"What is a trace of {number}?"} for number in range(3)]
    assert attacked(step="answer", dataset=cases).progress.tokens == EACH * len(server.requests) == EACH * (16 + 6)
    server.requests.clear()
    again = attacked(step="answer", dataset=cases)
    assert again.progress.tokens == EACH * len(server.requests) == EACH * 16


def test_a_budget_that_they_use_up_ends_the_campaign_before_any_attack(attacked, site, server):
    cases = [{"question": f"What is a trace of {number}?"} for number in range(20)]
    with pytest.raises(Unfinished, match="the budget of 50 tokens is used up by harmless runs, before any attack"):
        attacked(step="answer", dataset=cases, budget={"tokens": 50})
    assert len(server.requests) < 20
    assert site.project.store.campaigns() == []


def test_what_another_user_said_before_is(attacked, server):
    done = attacked(objectives=["cross_session_leak"])
    assert done.progress.tokens == EACH * len(server.requests) == EACH * (32 + 2)


def test_tries_under_which_the_server_failed_are_as_far_as_they_came(attacked, server):
    server.fail(*[None, Fault("status", 500)] * 4)
    done = attacked(concurrency=1)
    assert done.progress.missing == 4
    assert done.progress.tokens == EACH * (len(server.requests) - 4)


def test_an_attackers_answers_that_cannot_be_used_are(attacked, server):
    done = attacked(attacker="m", mutators=["translate"], tries={"sweep": 8, "search": 0})
    assert done.progress.tokens == EACH * len(server.requests)


def test_no_budget_is_exceeded_by_more_than_what_was_under_way(attacked, server):
    done = attacked(budget={"tokens": 100}, concurrency=2)
    assert done.progress.stopped == "the budget of 100 tokens is used up"
    assert 100 <= done.progress.tokens <= 100 + 2 * 2 * EACH


def test_one_that_is_used_up_by_the_last_try_ends_nothing_before_its_end(attacked):
    done = attacked(tries={"sweep": 12, "search": 0}, budget={"tokens": 12 * 2 * EACH})
    assert (done.progress.stopped, done.record.status, done.progress.done) == ("", "finished", 12)
