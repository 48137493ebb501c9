"""What a preflight says of a model."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from genops.serving.preflight.finding import Finding

_RANK = {"error": 0, "warning": 1, "note": 2}


@dataclass(frozen=True)
class Sizes:
    """How large a model is under its settings; all bytes are of the GPU that is fullest.

    Attributes:
        gpus: What it was sized for; empty when there are no GPUs and none were named.
        gpu_count: GPUs that the settings use.
        weights: Bytes of the weights.
        kv_token: Bytes that a token takes in the KV cache.
        kv_long_token: Bytes that it keeps once it has left every sliding window.
        kv_sequence: Bytes of one sequence of the wanted context.
        context: The wanted one, in tokens.
        overhead: Bytes that the engine needs besides: an estimate.
        budget: Bytes of a GPU that the engine may use.
        available: Bytes left for the KV cache.
        longest: Longest sequence that fits, in tokens.
        concurrent: Sequences of the wanted context that fit at once.
    """

    gpus: str
    gpu_count: int
    weights: int
    kv_token: int
    kv_long_token: int
    kv_sequence: int
    context: int
    overhead: int | None = None
    budget: int | None = None
    available: int | None = None
    longest: int | None = None
    concurrent: float | None = None


@dataclass(frozen=True)
class Preflight:
    """What was found before a start.

    Attributes:
        alias: Of the settings.
        model: As the alias names it.
        place: Where its files are; empty when they are not here.
        commit: Of the hub's repository.
        architecture: As config.json or the GGUF header names it.
        parameters: Numbers in the weights.
        dtype: Of weights and activations, as it will be served.
        quantization: Of the checkpoint.
        licence: As the files state it.
        context: Longest input and output together that the model is made for, in tokens.
        vllm: The version that the settings name.
        adapters: Digest of each adapter that is whole.
        sizes: None when the model cannot be sized.
        findings: Errors first.
        looked_at: Whether the model's files are here, and so were looked at; else the settings alone were.
        measured: Whether parameters and weights are those of the files; else config.json implies them.
    """

    alias: str
    model: str
    place: str = ""
    commit: str | None = None
    architecture: str = ""
    parameters: int | None = None
    dtype: str | None = None
    quantization: str | None = None
    licence: str | None = None
    context: int | None = None
    vllm: str | None = None
    adapters: dict[str, str] = field(default_factory=dict)
    sizes: Sizes | None = None
    findings: tuple[Finding, ...] = ()
    looked_at: bool = True
    measured: bool = True

    @property
    def faulty(self) -> bool:
        """Whether a finding is an error."""
        return any(finding.severity == "error" for finding in self.findings)

    @property
    def ready(self) -> bool:
        """Whether the model was looked at, and no finding is an error."""
        return self.looked_at and not self.faulty

    def to_json(self) -> dict[str, Any]:
        """All of it, as JSON has it."""
        return {**asdict(self), "findings": [asdict(finding) for finding in self.findings], "ready": self.ready}


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Errors before warnings before notes, each once, and otherwise as they were found."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: _RANK[finding.severity]))
