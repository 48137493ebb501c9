"""The settings of a model that genops serves itself with vLLM: the ``vllm`` block of an alias."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator

DataType = Literal["auto", "half", "float16", "bfloat16", "float", "float32"]
_OWN = ("api-key", "host", "port", "uds", "model", "headless", "config")
_SECRET = re.compile(r"(?i)(key|token|secret|password)$")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AdapterSettings(_Strict):
    """A LoRA adapter that is served beside its base model.

    Attributes:
        path: Folder with ``adapter_config.json`` and the weights, relative to the project; without it the copy that is
            kept under the digest.
        digest: What the files must have, in 8 or more hexadecimal digits (``genops model check`` shows it); any when
            not given.
    """

    path: Path | None = None
    digest: str | None = Field(default=None, pattern=r"^[0-9a-f]{8,64}$")

    @model_validator(mode="after")
    def _is_somewhere(self) -> AdapterSettings:
        if self.path is None and self.digest is None:
            raise ValueError("give the adapter's path, or its digest where it was served or loaded before")
        return self


class VllmSettings(_Strict):
    """How a model is served.

    What is not given is left to vLLM, but for ``generation_config``: sampling follows the request alone unless the
    settings say otherwise.

    Attributes:
        path: Folder of the model's files, relative to the project; without it the hub name that the alias gives.
        served_name: Under which requests ask for the model; what follows the provider in the alias's ``model`` when not
            given.
        python: Python of the environment that has vLLM, relative to the project; ``genops`` has its own dependencies.
        executable: The ``vllm`` command in place of ``python -m``.
        environment: Further variables of the server's environment; no keys, which belong to ``api_key_env``.
        host: Where it listens; loopback unless told otherwise.
        port: Of the first replica; others follow. A free one when not given.
        replicas: Servers of this alias on this machine.
        dtype: Of weights and activations.
        quantization: Method (``fp8``, ``awq``, ``gptq``); what the model's files say when not given.
        kv_cache_dtype: Of the KV cache (``fp8`` halves it).
        max_model_len: Longest prompt and answer together, in tokens.
        max_num_seqs: Sequences in one batch.
        tensor_parallel: GPUs that share each layer.
        pipeline_parallel: GPUs that share the layers.
        data_parallel: Copies of the engine in one server.
        gpu_memory_utilization: Share of each GPU's memory that the engine may use.
        adapters: LoRA adapters by the name under which requests ask for them.
        max_lora_rank: Highest rank of an adapter; that of the highest configured one when not given.
        structured_outputs: Backend of structured output (``xgrammar``, ``guidance``), which writes JSON without
            whitespace.
        prefix_caching: Whether prompts that begin alike share their KV cache.
        speculative: vLLM's speculative configuration.
        tool_call_parser: How tool calls are read from the answer; given, tools are chosen automatically, and their
            arguments keep to their schemas where the parser and the version can do it.
        reasoning_parser: How reasoning is told from the answer.
        chat_template: File of the chat template, relative to the project; the tokenizer's own when not given.
        generation_config: ``vllm`` for neutral sampling defaults, ``auto`` for the model's own, or a folder.
        trust_remote_code: Whether code that comes with the model may run.
        allow_pickle: Whether weights in pickle files may be read.
        traces: OTLP endpoint that the engine sends its spans to; ``genops`` for the traces of the runs that it works
            for.
        extra: Further flags of vLLM, without their dashes; checked against the installed version.
        start_timeout: Seconds within which a start must show progress.
        drain_timeout: Seconds that requests under way have when the server is stopped.
        gpu_hour: Price of an hour of one GPU, in US dollars, for the cost of tokens.
    """

    path: Path | None = None
    served_name: str | None = Field(default=None, min_length=1)
    python: Path | None = None
    executable: Path | None = None
    environment: dict[str, str] = Field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=1, le=65535)
    replicas: PositiveInt = 1
    dtype: DataType = "auto"
    quantization: str | None = None
    kv_cache_dtype: str | None = None
    max_model_len: PositiveInt | None = None
    max_num_seqs: PositiveInt | None = None
    tensor_parallel: PositiveInt = 1
    pipeline_parallel: PositiveInt = 1
    data_parallel: PositiveInt = 1
    gpu_memory_utilization: float | None = Field(default=None, gt=0, le=1)
    adapters: dict[str, AdapterSettings] = Field(default_factory=dict)
    max_lora_rank: PositiveInt | None = None
    structured_outputs: str | None = None
    prefix_caching: bool | None = None
    speculative: dict[str, Any] | None = None
    tool_call_parser: str | None = None
    reasoning_parser: str | None = None
    chat_template: Path | None = None
    generation_config: str = "vllm"
    trust_remote_code: bool = False
    allow_pickle: bool = False
    traces: str | None = None
    extra: dict[str, Any] = Field(default_factory=dict)
    start_timeout: float = Field(default=600.0, gt=0)
    drain_timeout: float = Field(default=30.0, ge=0)
    gpu_hour: float | None = Field(default=None, ge=0)

    @field_validator("extra")
    @classmethod
    def _extra_is_not_genops_own(cls, extra: dict[str, Any]) -> dict[str, Any]:
        for name in extra:
            if name.startswith("-"):
                raise ValueError(f"write the flag {name} without its dashes")
            if name.replace("_", "-") in _OWN:
                raise ValueError(f"genops sets --{name.replace('_', '-')} itself")
        return extra

    @model_validator(mode="after")
    def _names_differ(self) -> VllmSettings:
        if self.served_name in self.adapters:
            raise ValueError(f"served_name: {self.served_name!r} is the name of an adapter")
        return self

    @field_validator("environment")
    @classmethod
    def _environment_has_no_keys(cls, environment: dict[str, str]) -> dict[str, str]:
        for name in environment:
            if _SECRET.search(name):
                raise ValueError(f"{name} looks like a secret: set it in the environment, not in a file")
        return environment
