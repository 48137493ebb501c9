"""What a load measured: quantiles, rates and failures, with intervals that hold what they say."""

import numpy as np
import pytest

from genops.serving.load.figures import figures_of
from tests.serving.load.timed import measured, timing


def test_every_latency_counts_from_when_the_request_was_due():
    figures = figures_of(measured([timing(due=place, ttft=0.2, gap=0.05, tokens=3) for place in range(60)])).figures
    assert figures["ttft_p50"].value == pytest.approx(0.2)
    assert figures["inter_token_p95"].value == pytest.approx(0.05)
    assert figures["per_token_p50"].value == pytest.approx(0.05)
    assert figures["end_to_end_p50"].value == pytest.approx(0.3)
    assert (figures["ttft_p50"].n, figures["inter_token_p50"].n) == (60, 120)


def test_failures_are_apart_and_flatter_no_latency():
    timings = [timing(due=place, ttft=0.5) for place in range(80)]
    timings += [timing(due=80 + place, ttft=0.001, error="ServerFailed") for place in range(20)]
    found = figures_of(measured(timings))
    assert (found.answered, found.errors, found.example) == (80, {"ServerFailed": 20}, "ServerFailed")
    assert found.figures["ttft_p50"].value == pytest.approx(0.5)
    share = found.figures["failed_share"]
    assert (share.value, share.n) == (0.2, 100)
    assert share.low < 0.2 < share.high


def test_where_all_failed_there_are_no_latencies():
    found = figures_of(measured([timing(due=place, error="ServerUnreachable") for place in range(5)]))
    assert found.figures["ttft_p95"].value is None
    assert found.figures["output_tokens"].value is None


@pytest.mark.parametrize("correlated", [False, True])
def test_the_interval_of_a_quantile_holds_it_also_where_requests_queue_together(correlated):
    chance, held = np.random.default_rng(5), 0
    for _ in range(120):
        noise = chance.normal(0, 1, 200)
        if correlated:  # an autoregressive queue, whose values stay alike for some ten requests
            for place in range(1, 200):
                noise[place] = 0.8 * noise[place - 1] + 0.6 * noise[place]
        timings = [timing(due=place, ttft=float(np.exp(value))) for place, value in enumerate(noise)]
        figure = figures_of(measured(timings)).figures["ttft_p50"]
        held += figure.low <= 1.0 <= figure.high
    assert held >= (112 if not correlated else 103)


def test_rates_are_of_the_time_under_load_whoever_asked():
    """One request every 0.1 s, each of 10 tokens that come at once: 100 tokens a second."""
    warmup = [timing(due=-0.1 * place, ttft=0.05, gap=0.0, tokens=10, inputs=30) for place in range(5, 0, -1)]
    timings = [timing(due=0.1 * place, ttft=0.05, gap=0.0, tokens=10, inputs=30) for place in range(101)]
    figures = figures_of(measured(timings, warmup=warmup)).figures
    assert figures["output_tokens"].value == pytest.approx(100, rel=0.02)
    assert figures["input_tokens"].value == pytest.approx(300, rel=0.02)
    assert figures["requests"].value == pytest.approx(10, rel=0.02)


def test_the_interval_of_a_rate_holds_it():
    chance, held = np.random.default_rng(11), 0
    for _ in range(100):
        due = np.cumsum(chance.exponential(0.1, 200))
        found = figures_of(measured([timing(due=float(at), tokens=8) for at in due], loop="open")).figures
        held += found["output_tokens"].low <= 80 <= found["output_tokens"].high
    assert held >= 88


def test_a_server_that_counts_no_tokens_has_no_rate_of_them():
    timings = [timing(due=place) for place in range(20)]
    for one in timings:
        one.output_tokens = None
    figures = figures_of(measured(timings)).figures
    assert figures["output_tokens"].value is None
    assert "does not say" in figures["output_tokens"].missing
    assert figures["requests"].value > 0


def test_answers_in_one_piece_have_no_time_between_tokens():
    figures = figures_of(measured([timing(due=place, tokens=1) for place in range(20)])).figures
    assert figures["inter_token_p50"].value is None
    assert figures["per_token_p50"].value is None
