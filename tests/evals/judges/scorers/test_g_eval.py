"""``g_eval``: steps made once, a score weighted by its token's probabilities where there are any."""

import json
import math

import pytest

from benchmarks.loopback_server import LoopbackServer, Reply
from genops.evals.judges.scorers.g_eval import g_eval

STEPS = {"when": {"system": "You write instructions"}, "json": {"steps": ["look", "see"]}}
VERDICT = {"reasoning": "It is short.", "score": 4}


def test_without_probabilities_the_number_itself_counts(bench):
    bench.says(STEPS, VERDICT).case("A text.")
    score = bench.score(g_eval, criterion="Is it short?")
    assert (score.value, score.label) == (0.75, "4")
    assert score.metadata["weighted"] is False
    assert score.metadata["steps"] == ["look", "see"]


def test_the_steps_are_made_once_for_all_texts(bench):
    bench.says(STEPS, VERDICT)
    made = {bench.case(text).score(g_eval, criterion="Short?").metadata["runs"][0] for text in ("a", "b")}
    calls = [span for run in made for span in bench.site.trace(run).spans if span.kind == "model"]
    assert len(calls) == 1


def test_given_steps_are_taken(bench):
    bench.says(VERDICT).case("A text.")
    score = bench.score(g_eval, criterion="Short?", steps=["count the words"])
    (run,) = score.metadata["runs"]
    assert "1. count the words" in bench.asked(run)[0]["content"]


def test_probabilities_weight_the_score(bench):
    tokens = ['{"reasoning": "why", "score": ', "4", "}"]
    top = [{"token": token, "logprob": math.log(p)} for token, p in (("4", 0.6), ("5", 0.3), ("x", 0.1))]
    logprobs = {"content": [{"token": token, "logprob": 0.0} for token in tokens]}
    logprobs["content"][1] |= {"logprob": math.log(0.6), "top_logprobs": top}
    with LoopbackServer() as server:
        server.answer = lambda body: Reply(text="".join(tokens), choice={"logprobs": logprobs})
        bench.site.served(server.url)
        bench.case("A text.")
        first, again = (bench.score(g_eval, criterion="Short?", steps=["count"]) for _ in range(2))
        (request,) = server.requests
    assert (request.body["logprobs"], request.body["top_logprobs"]) == (True, 5)
    expected = (4 * 0.6 + 5 * 0.3) / 0.9
    assert first.metadata["raw"] == pytest.approx(expected)
    assert first.value == pytest.approx((expected - 1) / 4)
    assert first.metadata["weighted"] is True
    assert (again.value, again.metadata["weighted"]) == (first.value, True), "the memo keeps the probabilities"


def test_a_score_beyond_the_scale_is_none(bench):
    bench.says(json.dumps({"reasoning": "great", "score": 9})).case("A text.")
    assert "is not one of" in str(bench.unscored(g_eval, criterion="Short?", steps=["look"]))
