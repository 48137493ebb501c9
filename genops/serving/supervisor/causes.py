"""Why a server failed, in plain words: told from vLLM's own messages."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from genops.serving.supervisor.output import said

_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a server failed.

    Attributes:
        code: Short name (``gpu_memory``); ``unknown`` where no pattern fits.
        message: What happened.
        hint: What to do.
        heals: Whether another start may go better without a change.
    """

    code: str
    message: str
    hint: str
    heals: bool = False

    def __str__(self) -> str:
        return f"{self.message}: {self.hint}" if self.hint else self.message


class Failed(Exception):
    """A server that failed.

    Attributes:
        cause: Why.
    """

    def __init__(self, cause: Cause) -> None:
        super().__init__(str(cause))
        self.cause = cause


class _Pattern(NamedTuple):
    """``message`` and ``hint`` may name groups of the expression, and ``line`` for what vLLM wrote."""

    code: str
    expression: str
    message: str
    hint: str
    heals: bool = False


_PATTERNS = (
    _Pattern(
        "flag",
        r"error: unrecognized arguments: (?P<what>.+)|error: (?P<argument>argument --[\w/, -]+: .+)",
        "vLLM does not know the arguments {what}{argument}",
        "see what the installed version has: `--help=all`",
    ),
    _Pattern(
        "context",
        r"max seq len \((?P<length>\d+)\), \((?P<needed>[\d.]+) GiB KV cache is needed, which is larger than the "
        r"available KV cache memory \((?P<there>[\d.]+) GiB\)(?:.*?maximum model length is (?P<fits>\d+))?",
        "a context of {length} tokens needs {needed} GiB of KV cache and {there} GiB are there",
        "set max_model_len to {fits} or less, raise gpu_memory_utilization, or spread the model over more GPUs",
    ),
    _Pattern(
        "context",
        r"max seq len \((?P<length>\d+)\) is larger than the maximum number of tokens that can be stored in KV cache "
        r"\((?P<fits>\d+)\)",
        "a context of {length} tokens does not fit into the KV cache",
        "set max_model_len to {fits} or less, or raise gpu_memory_utilization",
    ),
    _Pattern(
        "context",
        r"max_model_len \((?P<length>\d+)\) is greater than the derived max_model_len \([\w.]+=(?P<fits>\d+)",
        "the model was made for {fits} tokens, and max_model_len is {length}",
        "set max_model_len to {fits} or less",
    ),
    _Pattern(
        "cache_memory",
        r"No available memory for the cache blocks|not enough GPU memory available to serve even a single token",
        "the weights leave no memory for the KV cache",
        "raise gpu_memory_utilization, quantise the model, or spread it over more GPUs (tensor_parallel)",
    ),
    _Pattern(
        "memory_taken",
        r"(?:Free memory on device|Available memory on node) [^(]*\((?P<free>[\d.]+)/(?P<all>[\d.]+) GiB\) on "
        r"(?:startup|kv cache)",
        "only {free} of {all} GiB of memory are free, which is less than gpu_memory_utilization asks for",
        "lower gpu_memory_utilization, or end what else uses the memory (`nvidia-smi` shows it)",
        heals=True,
    ),
    _Pattern(
        "gpu_memory",
        r"(?:CUDA|HIP) out of memory|OutOfMemoryError|CUDA error: out of memory|out of memory occurred when warming up",
        "the GPU ran out of memory",
        "lower max_num_seqs, max_model_len or gpu_memory_utilization, or spread the model over more GPUs "
        "(tensor_parallel)",
        heals=True,
    ),
    _Pattern(
        "shared_memory",
        r"/dev/shm.*No space|[Bb]us error|unable to (?:open|allocate) shared memory",
        "the shared memory (/dev/shm) is too small",
        "give the container more: --shm-size=16g or --ipc=host",
    ),
    _Pattern(
        "memory",
        r"(?:can't|Cannot) allocate memory|DefaultCPUAllocator: (?:can't|not enough)|^MemoryError|: MemoryError",
        "the machine ran out of memory",
        "lower VLLM_CPU_KVCACHE_SPACE or gpu_memory_utilization, or end other processes",
        heals=True,
    ),
    _Pattern(
        "disk",
        r"No space left on device|Errno 28\b|Disk quota exceeded|Not enough free disk space",
        "the disk is full",
        "make room, or put the hub's cache (HF_HOME) on another disk",
    ),
    _Pattern(
        "port",
        r"[Aa]ddress already in use|Errno 98\b|Errno 48\b",
        "the port is taken",
        "give another `port`, or none: a free one is taken then",
        heals=True,
    ),
    _Pattern(
        "template",
        r"you must provide a chat template|default chat template is no longer allowed|[Nn]o chat template",
        "the model has no chat template",
        "give one as `chat_template`; base models have none and are not for chat",
    ),
    _Pattern(
        "template",
        r"supplied chat template .*(?:does not exist|looks like a file path)|chat template path doesn't exist",
        "the chat template is not there",
        "the path is relative to the project",
    ),
    _Pattern(
        "driver",
        r"driver version is insufficient|NVIDIA driver on your system is too old|Found no NVIDIA driver|"
        r"libcuda\.so|no kernel image is available|unsupported display driver|NVIDIA-SMI has failed|"
        r"CUDA unknown error|Failed to infer device type|No CUDA GPUs are available|torch not compiled with CUDA",
        "vLLM finds no GPU that it can use, or its driver does not fit ({line})",
        "see what `nvidia-smi` says, and install the vLLM build for this driver (or vllm-cpu where there is no GPU)",
    ),
    _Pattern(
        "gpus",
        r"invalid device ordinal|World size .*(?:larger|greater) than .*available|"
        r"less than the total number of available GPUs|not enough (?:available )?GPUs",
        "there are fewer GPUs than the settings ask for",
        "lower tensor_parallel, pipeline_parallel, data_parallel or replicas",
    ),
    _Pattern(
        "heads",
        r"Unsupported CPU attention configuration|[Hh]ead[ _]size (?:(?P<size>\d+) )?(?:is )?not supported|"
        r"No valid attention backend",
        "this backend cannot run the model's attention (its head size)",
        "try extra.attention-backend, or serve the model elsewhere; see the end of the log",
    ),
    _Pattern(
        "parallel",
        r"attention heads \((?P<heads>\d+)\) must be divisible by tensor parallel size \((?P<size>\d+)\)",
        "{heads} attention heads cannot be shared by {size} GPUs",
        "set tensor_parallel to a divisor of {heads}",
    ),
    _Pattern(
        "dtype",
        r"Bfloat16 is only supported on GPUs",
        "this GPU has no bfloat16",
        'set dtype = "half"',
    ),
    _Pattern(
        "gated",
        r"gated repo|GatedRepoError|Access to model .* is restricted|(?:401|403) Client Error|awaiting a review",
        "the hub does not give this model to you",
        "accept its licence on the hub, and set HF_TOKEN in the environment",
    ),
    _Pattern(
        "not_on_hub",
        r"RepositoryNotFoundError|Repository Not Found|RevisionNotFoundError|Invalid rev id|"
        r"is not a valid model identifier|Repo id must be|not a local folder and is not",
        "the hub has no such model or revision, and there is no such folder",
        "check `model`, `revision` and `path` of the alias",
    ),
    _Pattern(
        "network",
        r"LocalEntryNotFoundError|couldn't connect to|Cannot find an appropriate cached snapshot|"
        r"outgoing traffic has been disabled|Max retries exceeded|Name or service not known|"
        r"Temporary failure in name resolution|OfflineModeIsEnabled",
        "the model is not on this machine and the hub cannot be reached",
        "download it where there is a network, and give its folder as `path`",
        heals=True,
    ),
    _Pattern(
        "damaged",
        r"SafetensorError|deserializing header|HeaderTooLarge|IncompleteMetadata|MetadataIncompleteBuffer|"
        r"unexpected end of file|Consistency check failed",
        "a file of the weights is damaged or half downloaded ({line})",
        "`genops model check` names it; download it again",
    ),
    _Pattern(
        "missing",
        r"Cannot find any (?:safetensors )?model weights|does not appear to have a file named (?P<file>[\w.]+)|"
        r"Can't load (?:tokenizer|the configuration)|Error no file named|"
        r"No such file or directory: '(?P<path>[^']+\.(?:safetensors|json|jinja|gguf|model))'",
        "files of the model are missing: {file}{path}",
        "`genops model check` names them",
    ),
    _Pattern(
        "remote_code",
        r"requires you to execute the \w+ file|contains custom code|trust_remote_code=True",
        "the model brings code of its own",
        "read it, and set trust_remote_code = true if it may run",
    ),
    _Pattern(
        "architecture",
        r"Model architectures \[(?P<what>[^]]*)\].*not supported|does not recognize this architecture|"
        r"has no vLLM implementation",
        "this vLLM cannot run the architecture {what}",
        'install a newer vLLM, or try extra.model-impl = "transformers"',
    ),
    _Pattern(
        "adapter",
        r"LoRA rank (?P<rank>\d+) is greater than max_lora_rank (?P<most>\d+)",
        "an adapter has rank {rank}, and max_lora_rank is {most}",
        "set max_lora_rank to {rank} or more, or leave it out",
    ),
    _Pattern(
        "adapter",
        r"(?:LoRA|adapter).*(?:not (?:in|supported by) the (?:base )?model|unsupported|does not contain)|"
        r"expected target modules|No adapter found|Loading lora .* failed",
        "an adapter does not fit the model ({line})",
        "check that it was made for this base model",
    ),
    _Pattern(
        "quantization",
        r"Quantization method .*does not match|Unknown quantization method|Cannot find the config file for|"
        r"Minimum capability",
        "the quantisation does not fit the model or the GPU ({line})",
        "leave `quantization` out to take what the model's files say",
    ),
    _Pattern(
        "nccl",
        r"NCCL error|nccl(?:UnhandledCuda|System|Internal|Remote)Error|NCCL WARN",
        "the GPUs cannot reach each other ({line})",
        "set NCCL_DEBUG=INFO in `environment` to see why; NCCL_P2P_DISABLE=1 often helps",
        heals=True,
    ),
    _Pattern(
        "compiler",
        r"Failed to find C compiler|Ninja is required|gcc.*not found|Python\.h: No such file",
        "torch.compile finds no C compiler ({line})",
        "install gcc and Python's headers, or set extra.enforce-eager = true",
    ),
    _Pattern(
        "packages",
        r"ModuleNotFoundError: (?P<what>.+)|ImportError: (?P<why>.+)|undefined symbol",
        "the environment of vLLM is broken: {what}{why}",
        "make it anew: vLLM wants an environment of its own",
    ),
)
_COMPILED = [(pattern, re.compile(pattern.expression)) for pattern in _PATTERNS]
_RAISED = re.compile(r"^(?:\w+\.)*(?P<type>[A-Z]\w*(?:Error|Exception|Exit|Interrupt)): (?P<what>.+)")
ENGINE_DIED = re.compile(
    r"EngineDeadError|EngineCore encountered an issue|[Ee]ngine core .*(?:exited|died) unexpectedly"
)
"""What a server says when the process of its engine is gone."""
_FOLLOWS = re.compile(f"See root cause above|{ENGINE_DIED.pattern}")
_NOISE = re.compile(r"nanobind|leaked|skipped remainder|resource_tracker|warnings\.warn|Warning: ")


def cause_of(lines: Sequence[str], code: int | None, phase: str) -> Cause:
    """Why a server failed.

    Args:
        lines: What it wrote last.
        code: Its exit code, negative for a signal; None while it lives.
        phase: Of its start, or "" when that was over.
    """
    found = known_cause(lines)
    if found is not None:
        return found
    when = f"while it was in the phase {phase!r}" if phase else "while it served"
    raised = [match for line in lines if (match := _RAISED.search(said(line))) and not _FOLLOWS.search(line)]
    if raised:
        return Cause("unknown", f"vLLM failed {when}: {raised[-1][0][:_SHOWN]}", "the log has the rest", heals=True)
    if any(ENGINE_DIED.search(line) for line in lines):
        hint = "somebody killed it, or the system because memory ran out (`dmesg` says so)"
        return Cause("engine", f"vLLM's engine died {when}", hint, heals=True)
    if code is not None and code < 0:
        return _killed(-code, when)
    told = [line for line in lines if not _NOISE.search(line)]
    ended = f"ended with exit code {code}" if code is not None else "failed"
    last = f"; its last line was: {said(told[-1])[:_SHOWN]}" if told else " and wrote nothing"
    return Cause("unknown", f"vLLM {ended} {when}{last}", "", heals=True)


def known_cause(lines: Iterable[str]) -> Cause | None:
    """The cause that vLLM's own messages tell; what stands first in the table wins over what follows from it."""
    texts = [said(line) for line in lines]
    for pattern, expression in _COMPILED:
        for text in texts:
            match = expression.search(text)
            if match:
                groups = {name: value or "" for name, value in match.groupdict().items()}
                groups["line"] = text[:_SHOWN]
                message = pattern.message.format_map(groups).rstrip(": ")
                hint = pattern.hint.format_map(groups).replace("set max_model_len to  or less", "lower max_model_len")
                return Cause(pattern.code, message, hint, pattern.heals)
    return None


def _killed(number: int, when: str) -> Cause:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if number == signal.SIGKILL:
        hint = "somebody did, or the system because memory ran out (`dmesg` says so)"
        return Cause("killed", f"vLLM was killed ({name}) {when}", hint, heals=True)
    return Cause("crashed", f"vLLM crashed ({name}) {when}", "the end of the log may say more", heals=True)
