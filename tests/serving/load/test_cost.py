"""What tokens cost: a second's price over what a second does; the split is said and adds up."""

import pytest

from genops.evals.summary import Measure
from genops.serving.load.cost import Hardware, cost_of_load


def rates(inputs, outputs, spread=0.0):
    def rate(value):
        if not spread:
            return Measure(value, "tokens/s", 100, missing="no")
        return Measure(value, "tokens/s", 100, value * (1 - spread), value * (1 + spread))

    return {"input_tokens": rate(inputs), "output_tokens": rate(outputs)}


HOUR = Hardware(gpu_hour=3.6)  # a dollar for a thousand seconds


def test_the_mix_needs_no_split():
    cost = cost_of_load(HOUR, rates(800, 200), ratio=1)
    assert cost.blended.value == pytest.approx(1.0)
    assert cost.input.value == cost.output.value == pytest.approx(1.0)


@pytest.mark.parametrize("ratio", [1, 3, 5])
def test_a_ratio_shares_the_whole_between_them(ratio):
    cost = cost_of_load(HOUR, rates(800, 200), ratio=ratio)
    assert cost.output.value == pytest.approx(ratio * cost.input.value)
    assert 800 * cost.input.value + 200 * cost.output.value == pytest.approx(1000)
    assert f"{ratio} input tokens" in cost.split


def test_a_load_of_input_alone_tells_its_cost_and_output_costs_the_rest():
    cost = cost_of_load(HOUR, rates(800, 200), prefill=rates(4000, 10))
    assert cost.input.value == pytest.approx(0.25)
    assert 800 * cost.input.value + 200 * cost.output.value == pytest.approx(1000)
    assert "one token each" in cost.split


def test_where_input_alone_is_no_cheaper_both_cost_the_same_and_it_is_said():
    cost = cost_of_load(HOUR, rates(800, 200), prefill=rates(500, 10))
    assert cost.input.value == cost.output.value == pytest.approx(1.0)
    assert "alike" in cost.split


def test_more_gpus_and_idle_time_cost_more():
    plain, many = (
        cost_of_load(hardware, rates(800, 200), ratio=1)
        for hardware in (HOUR, Hardware(gpu_hour=3.6, gpus=4, utilisation=0.5))
    )
    assert many.blended.value == pytest.approx(8 * plain.blended.value)


def test_the_interval_follows_from_that_of_the_rates():
    cost = cost_of_load(HOUR, rates(800, 200, 0.1), prefill=rates(4000, 10, 0.1))
    assert cost.blended.low == pytest.approx(1 / 1.1)
    assert cost.blended.high == pytest.approx(1 / 0.9)
    assert cost.input.low < cost.input.value < cost.input.high
    assert cost.output.low < cost.output.value < cost.output.high


def test_tokens_that_were_not_counted_have_no_cost():
    unknown = {**rates(800, 200), "output_tokens": Measure.none("tokens/s", "not said")}
    assert cost_of_load(HOUR, unknown, ratio=1) is None
