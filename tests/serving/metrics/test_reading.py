"""The text of a scrape: one name for each figure, whatever the engine calls it; a figure that is not told is not 0."""

from itertools import pairwise
from math import inf
from pathlib import Path

import pytest

from genops.serving.metrics.names import COUNTERS, GAUGES, HISTOGRAMS
from genops.serving.metrics.reading import NotMetrics, Reading

NEW = """
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 3.0
vllm:num_requests_running{engine="1",model_name="m"} 4.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="m"} 1.0
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.25
vllm:kv_cache_usage_perc{engine="1",model_name="m"} 0.5
# TYPE vllm:prefix_cache_queries counter
vllm:prefix_cache_queries_total{engine="0",model_name="m"} 100.0
# TYPE vllm:prefix_cache_hits counter
vllm:prefix_cache_hits_total{engine="0",model_name="m"} 40.0
# TYPE vllm:request_success counter
vllm:request_success_total{engine="0",finished_reason="stop",model_name="m"} 5.0
vllm:request_success_total{engine="0",finished_reason="error",model_name="m"} 2.0
# TYPE vllm:inter_token_latency_seconds histogram
vllm:inter_token_latency_seconds_bucket{engine="0",le="0.01",model_name="m"} 4.0
vllm:inter_token_latency_seconds_bucket{engine="0",le="+Inf",model_name="m"} 6.0
vllm:inter_token_latency_seconds_count{engine="0",model_name="m"} 6.0
vllm:inter_token_latency_seconds_sum{engine="0",model_name="m"} 0.5
# TYPE http_requests counter
http_requests_total{handler="/v1/chat/completions",method="POST",status="2xx"} 7.0
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.7e+09
"""
OLD = (
    NEW.replace("inter_token_latency_seconds", "time_per_output_token_seconds")
    .replace("kv_cache_usage_perc", "gpu_cache_usage_perc")
    .replace("prefix_cache_", "gpu_prefix_cache_")
)


@pytest.mark.parametrize("text", [NEW, OLD])
def test_old_and_new_names_are_the_same_figures(text):
    reading = Reading.of(text, 5)
    assert reading.gauges == {"running": 7.0, "waiting": 1.0, "kv_usage": 0.5}
    assert reading.counters["prefix_hits"] == 40.0
    assert reading.counters["prefix_queries"] == 100.0
    assert reading.histograms["inter_token"].bounds == (0.01, inf)
    assert reading.histograms["inter_token"].n == 6
    assert reading.born == 1.7e9


def test_an_engine_that_exports_both_names_is_not_counted_twice():
    reading = Reading.of(NEW + OLD.replace("# TYPE", "# HELP"), 5)
    assert reading.gauges["kv_usage"] == 0.5
    assert reading.counters["prefix_hits"] == 40.0
    assert reading.histograms["inter_token"].n == 6


def test_requests_are_told_apart_by_how_they_ended_and_what_is_not_told_is_not_there():
    counters = Reading.of(NEW, 5).counters
    assert (counters["requests"], counters["failed"]) == (7.0, 2.0)
    assert counters["server_errors"] == 0.0  # answers are counted by status, and none was 5xx
    assert "aborted" not in counters
    assert "preemptions" not in counters


def test_the_hit_rate_of_the_first_engine_is_taken_as_it_is():
    text = 'vllm:gpu_prefix_cache_hit_rate{model_name="m"} 0.75\n'
    assert Reading.of(text, 5).gauges == {"prefix_hit_rate": 0.75}


def test_llama_cpp_is_read_by_the_same_names():
    text = """# TYPE llamacpp:prompt_tokens_total counter
llamacpp:prompt_tokens_total 120
# TYPE llamacpp:tokens_predicted_total counter
llamacpp:tokens_predicted_total 30
# TYPE llamacpp:requests_processing gauge
llamacpp:requests_processing 2
# TYPE llamacpp:requests_deferred gauge
llamacpp:requests_deferred 1
"""
    reading = Reading.of(text, 5)
    assert reading.gauges == {"running": 2.0, "waiting": 1.0}
    assert reading.counters == {"input_tokens": 120.0, "output_tokens": 30.0}


@pytest.mark.parametrize(
    "text",
    [
        "<html><body>maintenance</body></html>",
        "",
        '{"detail": "Not Found"}',
        "node_cpu_seconds_total 5\n",
        "a b c d\n{",
    ],
)
def test_a_text_of_something_else_is_refused(text):
    with pytest.raises(NotMetrics):
        Reading.of(text, 5)


@pytest.mark.parametrize("value", ["NaN", "-1", "+Inf"])
def test_a_value_that_is_none_is_not_known(value):
    text = NEW.replace('vllm:num_requests_waiting{engine="0",model_name="m"} 1.0', f"vllm:num_requests_waiting {value}")
    assert "waiting" not in Reading.of(text, 5).gauges


def test_a_histogram_that_falls_is_none():
    text = NEW.replace('le="+Inf",model_name="m"} 6.0', 'le="+Inf",model_name="m"} 3.0')
    assert "inter_token" not in Reading.of(text, 5).histograms
    rising = Reading.of(NEW, 5).histograms["inter_token"].counts
    assert all(a <= b for a, b in pairwise(rising))


def test_every_figure_is_read_from_what_vllm_0_32_exports_when_it_has_just_started():
    """The text is that of vLLM's own logger; answers by status are counted by its web server, which is not in it."""
    reading = Reading.of(Path(__file__).with_name("vllm-0.32.txt").read_text(), 5)
    assert set(reading.gauges) == set(GAUGES) - {"prefix_hit_rate"}
    assert set(reading.counters) == set(COUNTERS) - {"server_errors"}
    assert set(reading.histograms) == set(HISTOGRAMS)
    assert set(reading.counters.values()) == {0.0}
    assert reading.born
