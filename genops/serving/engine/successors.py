"""What became of flags that vLLM renamed or dropped, and which a block's settings stand for."""

from __future__ import annotations

from genops.errors import nearest
from genops.serving.engine.flags import Flags

SUCCESSORS = {
    "cuda-graph-sizes": "cudagraph-capture-sizes",
    "disable-log-requests": "",
    "disable-mm-preprocessor-cache": "mm-processor-cache-gb = 0",
    "enable-reasoning": "reasoning-parser",
    "guided-decoding-backend": "structured-outputs-config",
    "guided-decoding-disable-additional-properties": "structured-outputs-config",
    "guided-decoding-disable-any-whitespace": "structured-outputs-config",
    "guided-decoding-disable-fallback": "structured-outputs-config",
    "kv-cache-memory": "kv-cache-memory-bytes",
    "max-context-len-to-capture": "max-cudagraph-capture-size",
    "max-seq-len-to-capture": "max-cudagraph-capture-size",
    "ngram-prompt-lookup-max": "speculative-config",
    "ngram-prompt-lookup-min": "speculative-config",
    "num-redundant-experts": "eplb-config",
    "num-speculative-tokens": "speculative-config",
    "override-pooler-config": "pooler-config",
    "qlora-adapter-name-or-path": "lora-modules",
    "reasoning-backend": "reasoning-parser",
    "rope-scaling": "hf-overrides",
    "rope-theta": "hf-overrides",
    "speculative-draft-tensor-parallel-size": "speculative-config",
    "speculative-max-model-len": "speculative-config",
    "speculative-model": "speculative-config",
    "task": "runner",
    "worker-use-ray": 'distributed-executor-backend = "ray"',
}
"""By the old name, what says it now; "" where the old flag's effect is what happens without it."""

DROPPED = frozenset(
    {
        "device",
        "disable-async-output-proc",
        "disable-frontend-multiprocessing",
        "enable-prompt-adapter",
        "engine-use-ray",
        "logits-processor-pattern",
        "long-lora-scaling-factors",
        "lora-extra-vocab-size",
        "max-long-partial-prefills",
        "max-num-partial-prefills",
        "max-prompt-adapter-token",
        "max-prompt-adapters",
        "multi-step-stream-outputs",
        "num-lookahead-slots",
        "num-scheduler-steps",
        "override-neuron-config",
        "preemption-mode",
        "quantization-param-path",
        "scheduler-delay-factor",
        "swap-space",
        "tokenizer-pool-size",
        "tokenizer-pool-type",
        "use-v2-block-manager",
    }
)
"""Flags that are gone with what they did."""

NEWER = frozenset(
    {
        "enable-per-request-metrics",
        "pooler-config",
        "runner",
        "shutdown-timeout",
        "structured-outputs-config",
    }
)
"""Flags that earlier versions do not have yet."""

SETTINGS = {
    "chat-template": "chat_template",
    "data-parallel-size": "data_parallel",
    "dtype": "dtype",
    "enable-auto-tool-choice": "tool_call_parser",
    "enable-lora": "adapters",
    "enable-prefix-caching": "prefix_caching",
    "generation-config": "generation_config",
    "gpu-memory-utilization": "gpu_memory_utilization",
    "device-memory-utilization": "gpu_memory_utilization",
    "kv-cache-dtype": "kv_cache_dtype",
    "lora-modules": "adapters",
    "max-lora-rank": "max_lora_rank",
    "max-model-len": "max_model_len",
    "max-num-seqs": "max_num_seqs",
    "no-enable-prefix-caching": "prefix_caching",
    "otlp-traces-endpoint": "traces",
    "pipeline-parallel-size": "pipeline_parallel",
    "quantization": "quantization",
    "reasoning-parser": "reasoning_parser",
    "served-model-name": "served_name",
    "revision": "revision (of the alias itself)",
    "speculative-config": "speculative",
    "tensor-parallel-size": "tensor_parallel",
    "tool-call-parser": "tool_call_parser",
    "trust-remote-code": "trust_remote_code",
}
"""The setting that a flag belongs to: genops reads it too, so it must not come in through ``extra``."""


def what_became_of(name: str, flags: Flags) -> str:
    """What to write in place of a flag that the installed vLLM does not know."""
    if name in DROPPED:
        return f"vLLM {flags.version} has dropped it: take it out"
    if name in SUCCESSORS:
        now = SUCCESSORS[name]
        if not now:
            return f"vLLM {flags.version} does this without being told: take it out"
        setting = SETTINGS.get(now.partition(" ")[0])
        if now == "structured-outputs-config":
            setting = "structured_outputs"
        return f"it is now {now}" + (f": write the setting {setting}" if setting else "")
    if name in NEWER:
        return f"vLLM {flags.version} is too old for it"
    return nearest(name, flags.known)
