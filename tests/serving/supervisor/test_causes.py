"""The cause of a failure is told from vLLM's own messages, in plain words with what to do.

The excerpts are written after the messages of vLLM 0.32, transformers 5, huggingface_hub 2, torch 2.13 and CUDA.
"""

import signal

import pytest

from genops.serving.supervisor.causes import _PATTERNS, cause_of, known_cause

CORE = "(EngineCore pid=11910) ERROR 11-22 00:45:26 [core.py:1190] "
API = "(APIServer pid=11799) "
EXCERPTS = [
    (
        "flag",
        "api_server.py: error: unrecognized arguments: --swap-space=4",
        "vLLM does not know the arguments --swap-space=4",
    ),
    (
        "flag",
        "api_server.py: error: argument --dtype: invalid choice: 'int3' (choose from auto, half)",
        "argument --dtype: invalid choice",
    ),
    (
        "context",
        f"{CORE}ValueError: To serve at least one request with the model's max seq len (131072), (16.0 GiB KV cache is "
        "needed, which is larger than the available KV cache memory (4.93 GiB). Based on the available memory, the "
        "estimated maximum model length is 40368. Try increasing `gpu_memory_utilization`",
        "a context of 131072 tokens needs 16.0 GiB of KV cache and 4.93 GiB are there: set max_model_len to 40368",
    ),
    (
        "context",
        "ValueError: The model's max seq len (131072) is larger than the maximum number of tokens that can be stored "
        "in KV cache (40368). Try increasing `gpu_memory_utilization`",
        "set max_model_len to 40368 or less",
    ),
    (
        "context",
        "  Value error, User-specified max_model_len (4096) is greater than the derived max_model_len "
        "(max_position_embeddings=2048.0 or model_max_length=None in model's config.json).",
        "the model was made for 2048 tokens, and max_model_len is 4096",
    ),
    (
        "cache_memory",
        f"{CORE}ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when "
        "initializing the engine",
        "the weights leave no memory for the KV cache",
    ),
    (
        "memory_taken",
        f"{CORE}ValueError: Free memory on device cuda:0 (3.21/79.11 GiB) on startup is less than desired GPU memory "
        "utilization (0.92, 72.78 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.",
        "only 3.21 of 79.11 GiB of memory are free",
    ),
    (
        "memory_taken",
        "(Worker pid=3) ERROR ValueError: Available memory on node 0 (18.05/23.54 GiB) on startup is less than desired "
        "CPU memory utilization (0.92, 21.66 GiB). On the CPU backend, …",
        "only 18.05 of 23.54 GiB of memory are free",
    ),
    (
        "gpu_memory",
        f"{CORE}torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of "
        "79.11 GiB of which 1.12 GiB is free.",
        "the GPU ran out of memory",
    ),
    ("shared_memory", "OSError: [Errno 28] /dev/shm/psm_1: No space left on device", "/dev/shm"),
    (
        "memory",
        "RuntimeError: [enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory",
        "machine",
    ),
    ("disk", "OSError: [Errno 28] No space left on device", "the disk is full"),
    (
        "port",
        f"{API}OSError: [Errno 98] Address already in use",
        "the port is taken",
    ),
    (
        "template",
        '/chat/completions was answered with 400: {"error":{"message":"As of transformers v4.44, default chat template '
        'is no longer allowed, so you must provide a chat template if the tokenizer does not define one."}}',
        "the model has no chat template",
    ),
    (
        "template",
        "ValueError: The supplied chat template string (chat.jinja) appears path-like, but doesn't exist: the supplied "
        "chat template path doesn't exist",
        "the chat template is not there",
    ),
    (
        "driver",
        "RuntimeError: The NVIDIA driver on your system is too old (found version 11040).",
        "The NVIDIA driver on your system is too old (found version 11040)",
    ),
    ("driver", "RuntimeError: Failed to infer device type, please set `VLLM_LOGGING_LEVEL=DEBUG`", "finds no GPU"),
    ("gpus", "RuntimeError: CUDA error: invalid device ordinal", "fewer GPUs than the settings ask for"),
    (
        "heads",
        "(Worker pid=3) ERROR RuntimeError: Unsupported CPU attention configuration: head_dim=16 is not supported",
        "cannot run the model's attention",
    ),
    (
        "parallel",
        "  Value error, Total number of attention heads (32) must be divisible by tensor parallel size (3).",
        "32 attention heads cannot be shared by 3 GPUs",
    ),
    (
        "dtype",
        "ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0.",
        'set dtype = "half"',
    ),
    (
        "gated",
        "OSError: You are trying to access a gated repo.\nMake sure to have access to it at https://…",
        "the hub does not give this model to you",
    ),
    ("gated", "huggingface_hub.errors.HfHubHTTPError: 401 Client Error: Unauthorized for url", "HF_TOKEN"),
    (
        "not_on_hub",
        "OSError: org/nme is not a local folder and is not a valid model identifier listed on the hub",
        "no such model or revision",
    ),
    (
        "network",
        "huggingface_hub.errors.LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder for the "
        "specified revision on the local disk and outgoing traffic has been disabled.",
        "the hub cannot be reached",
    ),
    (
        "damaged",
        "safetensors_rust.SafetensorError: Error while deserializing header: incomplete metadata",
        "damaged or half downloaded",
    ),
    (
        "missing",
        "RuntimeError: Cannot find any model weights with `/models/a`",
        "files of the model are missing",
    ),
    (
        "missing",
        "OSError: /models/a does not appear to have a file named config.json.",
        "files of the model are missing: config.json",
    ),
    (
        "remote_code",
        "ValueError: The repository org/name contains custom code which must be executed to correctly load the model.",
        "trust_remote_code = true",
    ),
    (
        "architecture",
        "  Value error, Model architectures ['NewForCausalLM'] are not supported for now. Supported architectures: …",
        "this vLLM cannot run the architecture 'NewForCausalLM'",
    ),
    (
        "adapter",
        f"{API}ERROR ValueError: LoRA rank 64 is greater than max_lora_rank 16.",
        "an adapter has rank 64, and max_lora_rank is 16",
    ),
    ("adapter", "RuntimeError: Loading lora terse failed: No adapter found for /a", "does not fit the model"),
    (
        "quantization",
        "  Value error, Quantization method specified in the model config (awq) does not match the quantization method",
        "does not fit the model or the GPU",
    ),
    ("nccl", "RuntimeError: NCCL error: unhandled system error", "the GPUs cannot reach each other"),
    (
        "compiler",
        "RuntimeError: Failed to find C compiler. Please specify via CC environment variable",
        "no C compiler",
    ),
    ("packages", "ModuleNotFoundError: No module named 'vllm._C'", "No module named 'vllm._C'"),
]


@pytest.mark.parametrize(
    ("code", "excerpt", "told"), EXCERPTS, ids=[f"{code}-{n}" for n, (code, *_) in enumerate(EXCERPTS)]
)
def test_the_cause_is_told_among_what_follows_from_it(code, excerpt, told):
    follows = "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}"
    cause = cause_of(["INFO before", *excerpt.splitlines(), f"{API}{follows}"], 1, "load")
    assert cause.code == code
    assert told in str(cause)


def test_every_pattern_has_an_excerpt():
    assert {pattern.code for pattern in _PATTERNS} == {code for code, *_ in EXCERPTS}


def test_an_ordinary_start_has_no_known_cause():
    log = [
        "(APIServer pid=1) WARNING 11-22 00:44:57 [system_utils.py:255] Found ulimit of 20000 and failed to "
        "automatically increase with error current limit exceeds maximum limit. This can cause fd limit errors like "
        "`OSError: [Errno 24] Too many open files`. Consider increasing with ulimit -n",
        "(APIServer pid=1) INFO 11-22 00:44:57 [api_utils.py:286] non-default args: {'max_model_len': 512}",
        "(Worker pid=3) INFO 11-22 00:45:24 [weight_utils.py:1108] Checkpoint size: 0.00 GiB.",
        "(EngineCore pid=2) WARNING [vllm.py:725] Model Runner V2 requires Triton; using the V1 model runner instead.",
        "(APIServer pid=1) WARNING 11-22 00:45:27 [api_router.py:33] LoRA dynamic loading & unloading is enabled in "
        "the API server. This should ONLY be used for local development!",
        "Triton is installed, but doesn't include CPU backend. Disabling Triton.",
        "(Worker pid=3) INFO 11-22 00:45:25 [punica_selector.py:20] Using PunicaWrapperCPU.",
    ]
    assert known_cause(log) is None


def test_what_no_pattern_knows_is_the_last_error_that_was_raised():
    log = [
        f"{CORE}ValueError: something new",
        f"{API}RuntimeError: Engine core initialization failed. See root cause above.",
    ]
    cause = cause_of(log, 1, "KV cache")
    assert (cause.code, cause.message) == (
        "unknown",
        "vLLM failed while it was in the phase 'KV cache': ValueError: something new",
    )


def test_an_engine_that_was_killed_is_told_from_what_its_server_says():
    log = [
        f"{API}ERROR 11-22 01:24:39 [async_llm.py:906] vllm.v1.engine.exceptions.EngineDeadError: EngineCore "
        "encountered an issue. See stack trace (above) for the root cause.",
        "INFO:     Shutting down",
        "nanobind: leaked 4 instances!",
        "  warnings.warn('resource_tracker: There appear to be %d '",
    ]
    assert str(cause_of(log, 0, "")).startswith("vLLM's engine died while it served: somebody killed it")
    assert cause_of(log[1:], 0, "").message.endswith("its last line was: INFO:     Shutting down")


def test_a_process_that_was_killed_says_so():
    cause = cause_of(["INFO all is well"], -signal.SIGKILL, "")
    assert cause.message == "vLLM was killed (SIGKILL) while it served"
    assert "memory ran out" in cause.hint
    assert "SIGSEGV" in cause_of([], -signal.SIGSEGV, "load").message


def test_a_process_that_ended_without_a_word_says_that():
    assert (
        cause_of([], 3, "start").message
        == "vLLM ended with exit code 3 while it was in the phase 'start' and wrote nothing"
    )
