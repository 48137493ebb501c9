"""A load test on a real server whose times are known."""

import pytest

from genops.errors import Unfinished, UsageError
from genops.serving.load.asking import Lengths, Texts
from genops.serving.load.bench import BenchPlan
from genops.serving.load.cost import Hardware
from genops.serving.load.objective import Objective
from tests.servers.engine import Engine

FIRST = Objective.parse("ttft.p90 < 5s")


async def test_what_it_measures_is_what_the_server_does(benched):
    """Sleeps of the server are lower bounds whatever else runs on the machine; upper ones are only against nonsense."""
    with Engine(first=0.05, gap=0.01) as engine:
        result = await benched(engine.url, BenchPlan(levels=(2,), requests=30))
    (probe,) = result.probes
    figures = probe.figures.figures
    assert 0.045 <= figures["ttft_p50"].value < 1
    assert 0.008 <= figures["per_token_p50"].value < 0.5
    assert 0.095 <= figures["end_to_end_p50"].value < 3
    assert figures["output_length"].value == 6
    assert figures["input_length"].value == pytest.approx(40)
    assert 0 < figures["requests"].value <= 2 / 0.095
    assert probe.figures.answered == 30
    assert (result.highest, result.cost, result.verdict) == (None, None, "")


async def test_each_load_has_so_many_requests_at_once_and_enough_of_them(benched):
    with Engine(first=0.01, gap=0.0) as engine:
        result = await benched(engine.url, BenchPlan(levels=(8, 1), requests=12))
        assert engine.busiest == 8
    assert [(probe.level, probe.figures.answered) for probe in result.probes] == [(1, 12), (8, 32)]


async def test_waiting_for_a_slot_is_in_the_time_to_the_first_token(benched):
    with Engine(first=0.04, gap=0.0, slots=1) as engine:
        result = await benched(engine.url, BenchPlan(levels=(1, 4), requests=16))
    alone, four = (probe.figures.figures["ttft_p50"].value for probe in result.probes)
    assert four >= 3 * 0.04
    assert alone < four


async def test_no_two_made_up_prompts_are_alike(benched):
    with Engine(first=0.0, gap=0.0) as engine:
        await benched(engine.url, BenchPlan(levels=(1, 2), requests=20))
        texts = [body["messages"][0]["content"] for body in engine.requests]
    assert len(set(texts)) == len(texts)


async def test_made_up_prompts_are_as_long_as_the_server_counts(benched):
    """Its tokenizer makes two tokens of a word, and the template adds ten."""

    class Tokenizing(Engine):
        async def _answer(self, request, body, came):
            words = len(body["messages"][0]["content"].split())
            body["messages"][0]["content"] = "w " * (2 * words + 10)
            return await super()._answer(request, body, came)

    with Tokenizing(first=0.0, gap=0.0) as engine:
        result = await benched(engine.url, BenchPlan(levels=(1,), requests=20), Lengths("", [(210, 3)]))
    assert result.probes[0].figures.figures["input_length"].value == pytest.approx(210, abs=2)


async def test_only_vllm_is_asked_for_exact_lengths(benched):
    with Engine(first=0.0, gap=0.0) as engine:
        await benched(engine.url, BenchPlan(levels=(1,), requests=4), Lengths("", [(10, 3)]))
        assert "ignore_eos" not in engine.requests[-1]
        await benched(engine.url, BenchPlan(levels=(1,), requests=4), Lengths("", [(10, 3)], exact=True))
        assert (engine.requests[-1]["ignore_eos"], engine.requests[-1]["min_tokens"]) == (True, 3)


async def test_failures_are_counted_and_none_is_tried_again(benched):
    with Engine(first=0.0, gap=0.0, fail=4) as engine:
        texts = Texts("two", [[{"role": "user", "content": "one"}], [{"role": "user", "content": "two"}]], {})
        result = await benched(engine.url, BenchPlan(levels=(1,), requests=40, warmup=0, hardware=Hardware(1.0)), texts)
        assert len(engine.requests) == 40
    assert result.probes[0].figures.errors == {"ServerFailed": 10}
    assert "injected" in result.probes[0].figures.example
    assert result.cost is None
    assert "at most 1% of failures" in result.notes[0]
    assert result.price() is None


async def test_a_model_that_does_not_answer_is_said_before_any_load(benched):
    with pytest.raises(Unfinished, match="does not answer"):
        await benched("http://127.0.0.1:9/v1", BenchPlan(levels=(1,), requests=5))


@pytest.mark.slow
async def test_the_highest_load_is_that_at_which_the_server_gets_slow(benched):
    """Four slots of 250 ms: of eight requests at once half wait as long again, whatever else runs on the machine."""
    with Engine(first=0.25, gap=0.0, slots=4) as engine:
        objective = Objective.parse("ttft.p50 < 480ms")
        plan = BenchPlan(levels=(1, 32), find=True, requests=16, objectives=(objective,))
        result = await benched(engine.url, plan, Lengths("", [(20, 1)]))
    assert 2 <= result.highest.level <= 7
    assert result.verdict == "met"
    assert result.highest.confidence == 0.95


async def test_the_price_is_of_the_load_that_does_most_and_pays_for_all_its_tokens(benched):
    with Engine(first=0.005, gap=0.002, slots=8) as engine:
        result = await benched(engine.url, BenchPlan(levels=(1, 8), requests=40, hardware=Hardware(3.6)))
        assert engine.requests[-1]["max_tokens"] == 1
    figures = result.probes[1].figures.figures
    price = result.price()
    paid = figures["input_tokens"].value * price.input + figures["output_tokens"].value * price.output
    assert result.priced == "8 at once"
    assert paid / 1e6 == pytest.approx(0.001)
    assert (price.alias, price.source) == ("local", result.id)


async def test_an_open_loop_reports_what_arrived(benched):
    with Engine(first=0.01, gap=0.0) as engine:
        result = await benched(engine.url, BenchPlan(loop="open", levels=(100,), requests=100))
    assert result.probes[0].figures.name == "100 requests/s"
    assert result.probes[0].figures.figures["late_p99"].value >= 0


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"find": True}, "needs an objective"),
        ({"levels": (0.0,)}, "is no load"),
        ({"levels": (1.5,)}, "is no load"),
        ({"find": True, "objectives": (FIRST,), "requests": 10}, "cannot show an objective"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(plan, message):
    with pytest.raises(UsageError, match=message):
        BenchPlan(**plan)


async def test_equal_seeds_ask_the_same(benched):
    asked = []
    for seed in (1, 1, 2):
        with Engine(first=0.0, gap=0.0) as engine:
            await benched(engine.url, BenchPlan(levels=(1,), requests=5, seed=seed))
            asked.append([body["messages"][0]["content"] for body in engine.requests])
    assert asked[0] == asked[1] != asked[2]


async def test_a_word_of_many_tokens_does_not_outgrow_a_short_context(benched):
    """Six tokens a word, in a context of 300: what is asked to learn that must fit as well as the load."""
    longest = []

    class Small(Engine):
        async def _answer(self, request, body, came):
            words = len(body["messages"][0]["content"].split())
            body["messages"][0]["content"] = "w " * (6 * words + 8)
            longest.append(6 * words + 8)
            return await super()._answer(request, body, came)

    with Small(first=0.0, gap=0.0) as engine:
        result = await benched(engine.url, BenchPlan(levels=(1,), requests=10), Lengths("", [(250, 3)]))
    assert max(longest) <= 256
    assert result.probes[0].figures.figures["input_length"].value == pytest.approx(250, abs=6)
