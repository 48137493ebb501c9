"""Between two readings: rates, shares and quantiles; a restart begins anew."""

from math import inf

import numpy as np
import pytest

from genops.serving.metrics.reading import Buckets, Reading
from genops.serving.metrics.window import restarted, since_start, window

BOUNDS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, inf)


def histogram(values):
    return Buckets(BOUNDS, tuple(float(np.sum(np.asarray(values) <= bound)) for bound in BOUNDS), float(np.sum(values)))


def reading(second, values=(), born=None, gauges=None, **counters):
    counted = {name: float(value) for name, value in counters.items()}
    return Reading(second * 10**9, gauges or {}, counted, {"ttft": histogram(list(values))}, born)


def test_rates_are_of_what_came_in_between():
    figures = window(reading(10, output_tokens=100, requests=3), reading(20, output_tokens=350, requests=8)).figures
    assert (figures["output_tokens"].value, figures["output_tokens"].unit) == (25.0, "tokens/s")
    assert figures["requests"].value == 0.5


def test_of_one_reading_rates_are_not_known():
    found = window(None, reading(10, output_tokens=100, gauges={"running": 4.0}))
    assert found.seconds is None
    assert found.figures["output_tokens"].value is None
    assert "one reading" in found.figures["output_tokens"].missing
    assert found.figures["ttft_p95"].value is None
    assert found.figures["running"].value == 4.0


def test_the_hit_rate_is_of_the_tokens_looked_up_in_between():
    before = reading(1, prefix_queries=1000, prefix_hits=0)
    assert window(before, reading(2, prefix_queries=1400, prefix_hits=300)).figures["prefix_hit_rate"].value == 0.75
    nothing = window(before, reading(2, prefix_queries=1000, prefix_hits=0)).figures["prefix_hit_rate"]
    assert nothing.value is None


@pytest.mark.parametrize("quantile", ["p50", "p95"])
def test_a_quantile_of_buckets_holds_that_of_the_values(quantile):
    chance = np.random.default_rng(7)
    old, new = chance.uniform(0, 0.4, 500), chance.uniform(0, 0.1, 400)
    figure = window(reading(1, old), reading(2, [*old, *new])).figures[f"ttft_{quantile}"]
    true = float(np.quantile(new, float(quantile[1:]) / 100))
    assert figure.n == 400
    assert figure.low <= true <= figure.high
    assert figure.value == pytest.approx(true, abs=0.01)


def test_the_interval_of_buckets_covers_the_true_median():
    chance, held = np.random.default_rng(3), 0
    for _ in range(200):
        figure = window(reading(1), reading(2, chance.exponential(0.1, 60))).figures["ttft_p50"]
        held += figure.low <= 0.1 * np.log(2) <= figure.high
    assert held >= 188


def test_few_values_have_no_interval_and_those_beyond_the_last_bucket_no_value():
    assert window(reading(1), reading(2, [0.015] * 3)).figures["ttft_p95"].low is None
    beyond = window(reading(1), reading(2, [0.7] * 30)).figures["ttft_p95"]
    assert (beyond.value, beyond.low) == (None, 0.5)
    assert "beyond" in beyond.missing


def test_gaps_between_tokens_have_no_interval():
    now = Reading(2 * 10**9, {}, {}, {"inter_token": histogram([0.015] * 500)})
    figure = window(Reading(10**9, {}, {}, {"inter_token": histogram([])}), now).figures["inter_token_p50"]
    assert 0.01 <= figure.value <= 0.02
    assert figure.low is None
    assert "depend" in figure.missing


def test_a_counter_that_fell_or_another_start_is_a_restart():
    assert restarted(reading(1, output_tokens=100), reading(2, output_tokens=5))
    assert restarted(reading(1, [0.1, 0.2]), reading(2, [0.1]))
    assert restarted(reading(1, born=5.0), reading(2, born=9.0))
    assert not restarted(reading(1, output_tokens=100, born=5.0), reading(2, output_tokens=100, born=5.0))


def test_only_readings_since_the_last_start_count():
    readings = [reading(second, output_tokens=count) for second, count in ((1, 50), (2, 90), (3, 10), (4, 20))]
    assert since_start(readings, reading(5, output_tokens=30)) == readings[2:]
    assert since_start(readings, reading(5, output_tokens=3)) == []
