"""One name for each figure, whatever the engine and its version call it.

vLLM's names of version 0.32 are from https://docs.vllm.ai/en/v0.32.0/usage/metrics/, those of its first engine from
https://docs.vllm.ai/en/v0.5.5/serving/metrics.html and the deprecations of 0.8 and 0.10; llama.cpp's from its server's
README. A name of the list that comes first wins: some versions export the old and the new one at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """A metric of an engine.

    Attributes:
        name: Of the family, without the ``_total`` of a counter.
        label: By which samples are told apart; "" where all of them count.
        values: Of the label, that count.
        from_zero: Whether a label that was not seen yet is a count of 0; else its figure is not known.
    """

    name: str
    label: str = ""
    values: tuple[str, ...] = ()
    from_zero: bool = False


def _named(*names: str) -> tuple[Source, ...]:
    return tuple(map(Source, names))


def _finished(*reasons: str) -> tuple[Source, ...]:
    return (Source("vllm:request_success", "finished_reason", reasons),)


GAUGES: Mapping[str, tuple[Source, ...]] = {
    "running": _named("vllm:num_requests_running", "llamacpp:requests_processing"),
    "waiting": _named("vllm:num_requests_waiting", "llamacpp:requests_deferred"),
    "kv_usage": _named("vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc", "llamacpp:kv_cache_usage_ratio"),
    "prefix_hit_rate": _named("vllm:gpu_prefix_cache_hit_rate"),
}
"""What is so at one moment. ``prefix_hit_rate`` is only there where an old engine has no counters of it."""

COUNTERS: Mapping[str, tuple[Source, ...]] = {
    "input_tokens": _named("vllm:prompt_tokens", "llamacpp:prompt_tokens"),
    "output_tokens": _named("vllm:generation_tokens", "llamacpp:tokens_predicted"),
    "prefix_queries": _named("vllm:prefix_cache_queries", "vllm:gpu_prefix_cache_queries"),
    "prefix_hits": _named("vllm:prefix_cache_hits", "vllm:gpu_prefix_cache_hits"),
    "preemptions": _named("vllm:num_preemptions"),
    "requests": _named("vllm:request_success"),
    "failed": _finished("error"),
    "aborted": _finished("abort"),
    "rejected": _named("vllm:admission_rejections"),
    "server_errors": (Source("http_requests", "status", ("5xx",), from_zero=True),),
}
"""What is counted since the engine started."""

HISTOGRAMS: Mapping[str, tuple[Source, ...]] = {
    "ttft": _named("vllm:time_to_first_token_seconds"),
    "inter_token": _named("vllm:inter_token_latency_seconds", "vllm:time_per_output_token_seconds"),
    "end_to_end": _named("vllm:e2e_request_latency_seconds"),
    "queue": _named("vllm:request_queue_time_seconds"),
    "prefill": _named("vllm:request_prefill_time_seconds"),
    "decode": _named("vllm:request_decode_time_seconds"),
}
"""How long things took since the engine started, in seconds."""

ENGINES = ("vllm:", "llamacpp:")
"""What the names of an engine's metrics begin with."""
