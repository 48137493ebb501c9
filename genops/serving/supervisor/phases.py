"""The phases of a start, told from what vLLM writes, and what it usually means when one of them does not end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

START, DOWNLOAD, LOAD, COMPILE, CACHE, GRAPHS, ANSWER = (
    "start",
    "download",
    "load",
    "compile",
    "KV cache",
    "graphs",
    "first answer",
)
_RANKS = {START: 0, DOWNLOAD: 1, LOAD: 1, COMPILE: 2, CACHE: 3, GRAPHS: 3, ANSWER: 4}
"""No phase goes back to one of a lower rank: several workers write into one log."""

_MARKS = (
    (ANSWER, r"Starting vLLM (?:API )?server|Application startup complete"),
    (GRAPHS, r"Capturing .*(?:CUDA|cuda) ?graph|Graph capturing finished"),
    (
        CACHE,
        r"Available KV cache memory|KV cache (?:size|layout)|for KV cache on node|Memory profiling takes",
    ),
    (
        COMPILE,
        r"for vLLM's torch\.compile|Dynamo bytecode transform|Compiling a graph|Cache the (?:compiled )?graph|"
        r"Directly load|torch\.compile (?:takes|took)",
    ),
    (DOWNLOAD, r"Time spent downloading|Downloading|Fetching \d+ files|\.(?:safetensors|gguf|bin):\s+\d+%"),
    (
        LOAD,
        r"Starting to load model|Loading (?:model )?weights|[Ll]oading \w+ checkpoint shards|Model loading took|"
        r"Initializing model took",
    ),
)
_NO_PROGRESS = re.compile(r"Waiting for \d+ local|No available shared memory broadcast block|^\s*$")

USUALLY = {
    START: (
        "Python and the GPU driver are slow or hang: see whether `nvidia-smi` answers; several GPUs that cannot reach "
        "each other hang here too (try NCCL_P2P_DISABLE=1 in `environment`, or extra.disable-custom-all-reduce = true)"
    ),
    DOWNLOAD: (
        "the hub is slow, blocked by a proxy, or asks for a login: download the model first (`hf download …`) and give "
        "its folder as `path`"
    ),
    LOAD: (
        "the weights come from a slow or network disk, or the machine swaps because its memory is smaller than they "
        "are: copy them to a local disk, and see `free -h`"
    ),
    COMPILE: (
        "torch.compile takes minutes the first time and is cached; without a C compiler or on a busy machine it hangs: "
        "extra.enforce-eager = true does without it"
    ),
    CACHE: "the memory is being measured with the largest batch: lower max_num_seqs or max_model_len",
    GRAPHS: "many CUDA graphs are captured: a smaller max_num_seqs needs fewer, extra.enforce-eager = true none",
    ANSWER: (
        "the server listens and its engine does not answer: this backend cannot run the model, or the GPUs wait for "
        "each other; the end of the log says more"
    ),
}
"""What it usually means when a phase does not end."""


@dataclass
class Phases:
    """Where a start is.

    Attributes:
        began: When it started, in seconds of a monotonic clock.
        now: The phase that it is in.
        times: Seconds in each phase that is over.
        progress: When something new was seen last.
    """

    began: float
    now: str = START
    times: dict[str, float] = field(default_factory=dict)
    progress: float = 0.0
    _since: float = 0.0

    def __post_init__(self) -> None:
        self.progress = self._since = self.began

    def read(self, line: str, at: float) -> bool:
        """Reads a line of the log; whether it began another phase."""
        if _NO_PROGRESS.search(line):
            return False
        self.progress = at
        return next((self.enter(phase, at) for phase, mark in _MARKS if re.search(mark, line)), False)

    def enter(self, phase: str, at: float) -> bool:
        """Begins a phase, unless the start is in it or past it; whether it did."""
        if phase == self.now or _RANKS[phase] < _RANKS[self.now]:
            return False
        self._book(at)
        self.now, self.progress = phase, at
        return True

    def end(self, at: float) -> dict[str, float]:
        """Ends the start; seconds in each phase, in order."""
        self._book(at)
        return self.times

    def here(self, at: float) -> float:
        """Seconds in the present phase."""
        return at - self._since

    def _book(self, at: float) -> None:
        self.times[self.now] = self.times.get(self.now, 0.0) + at - self._since
        self._since = at
