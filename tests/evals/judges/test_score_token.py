"""The expectation of a score under its token's probabilities."""

import math

import pytest

from genops.evals.judges.score_token import expected_score


def answer(*tokens, place=None, **probabilities):
    """Log probabilities of an answer's tokens; candidates at one place, ``_5`` for the token ``5``."""
    content = [{"token": token, "logprob": 0.0} for token in tokens]
    if place is not None:
        top = [{"token": name.strip("_"), "logprob": math.log(p)} for name, p in probabilities.items()]
        content[place] |= {"logprob": top[0]["logprob"], "top_logprobs": top}
    return {"content": content}


SCALE = range(1, 6)


def test_is_the_mean_over_the_scores_of_the_scale():
    given = answer('{"score": ', "3", "}", place=1, _3=0.5, _1=0.25, _9=0.25)
    assert expected_score(given, SCALE, 3) == pytest.approx((3 * 0.5 + 0.25) / 0.75)


def test_the_last_score_of_an_answer_counts():
    given = answer('{"reasoning": "\\"score\\": 5", "score"', ":", " ", "2", "}", place=3, _2=0.8, _1=0.2)
    assert expected_score(given, SCALE, 2) == pytest.approx(1.8)


def test_a_token_may_hold_signs_around_the_number():
    given = answer('{"score"', ": 4", "}")
    given["content"][1] |= {
        "top_logprobs": [{"token": ": 4", "logprob": math.log(0.5)}, {"token": ": 5", "logprob": math.log(0.5)}]
    }
    given["content"][1]["logprob"] = math.log(0.5)
    assert expected_score(given, SCALE, 4) == pytest.approx(4.5)


@pytest.mark.parametrize(
    "top", [None, [], [{"token": "4", "logprob": -math.inf}], [{"token": "4", "logprob": -9999.0}]]
)
def test_a_token_that_a_schema_forced_on_the_model_has_a_probability_too(top):
    given = answer('{"score": ', "4", "}")
    given["content"][1] |= {"logprob": -9999.0, "top_logprobs": top}
    assert expected_score(given, SCALE, 4) == 4


@pytest.mark.parametrize(
    "logprobs",
    [
        {},
        {"content": None},
        {"content": []},
        answer("four"),
        answer('{"score": ', "1", "0", "}"),
        answer('{"score": ', "2", "}"),
        {"content": [{"token": '{"score": 4}'}]},
        {"content": '{"score": 4}'},
        {"content": [None, '{"score": 4}']},
    ],
    ids=["none", "null", "empty", "prose", "two tokens", "another score", "no numbers", "text", "bare tokens"],
)
def test_there_is_none_without_the_probabilities_of_that_one_token(logprobs):
    assert expected_score(logprobs, range(1, 11), 4 if "2" not in str(logprobs) else 3) is None
