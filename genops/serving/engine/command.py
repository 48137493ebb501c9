"""The command line of a server, every flag of which the installed vLLM knows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, nearest
from genops.models.adapter_place import adapter_place
from genops.serving.engine.flags import Flag, Flags
from genops.serving.engine.installation import Installation
from genops.serving.engine.successors import SETTINGS, what_became_of
from genops.serving.files.place import repository_of
from genops.settings import ModelAlias, Settings
from genops.settings_file import origin
from genops.vllm_settings import VllmSettings

_QUIET = "/health,/metrics,/v1/models,/load"
_OTHER_FORMATS = ("gguf", "bitsandbytes")
_COMPACT = ("xgrammar", "guidance")
_PLUG_INS = {"tool-call-parser": "tool-parser-plugin", "reasoning-parser": "reasoning-parser-plugin"}
"""By flag, the one that registers further choices of it."""


@dataclass(frozen=True, slots=True)
class FlagProblem:
    """A setting that the installed vLLM cannot take.

    Attributes:
        setting: Its name in the alias's ``vllm`` table (``extra.swap-space``).
        message: What is wrong with it.
        hint: What to do.
    """

    setting: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Launch:
    """What starts a server, but for its host, port and environment.

    Attributes:
        command: With all arguments.
        model: Path or hub name, with its revision.
        name: Under which requests ask for the model.
    """

    command: tuple[str, ...]
    model: str
    name: str

    def at(self, host: str, port: int) -> list[str]:
        """The whole command of a server that listens there."""
        return [*self.command, f"--host={host}", f"--port={port}"]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A flag that a setting asks for, in the spellings of new and old versions, newest first."""

    setting: str
    spellings: tuple[tuple[str, Any], ...]
    optional: bool = False


def launch_of(
    settings: Settings, name: str, installation: Installation, flags: Flags, started: VllmSettings | None = None
) -> Launch:
    """The command of an alias's servers.

    Args:
        settings: Of the project.
        name: Of the alias.
        installation: The vLLM that is started.
        flags: What it knows.
        started: The block as it is started, with addresses and paths of this machine; as the settings have it when not
            given.

    Raises:
        DefinitionError: The alias has no ``vllm`` table, or the installed vLLM cannot take what it says; all of it is
            named.
    """
    alias, block = served_block(settings, name)
    problems = flag_problems(settings, name, flags)
    if problems:
        first, *others = problems
        hint = "\n  ".join([first.hint, *(f"{one.setting}: {one.message}; {one.hint}" for one in others)])
        raise DefinitionError(
            f"models.{name}.vllm.{first.setting}: {first.message}",
            at=origin(["models", name, "vllm", *first.setting.split(".", 1)], settings.source),
            hint=hint,
        )
    model = str(settings.root.resolve() / block.path) if block.path is not None else repository_of(alias)
    arguments = [model] if installation.positional else [f"--model={model}"]
    for flag, value in _chosen(settings, alias, started or block, flags):
        arguments += _written(flag, value)
    revision = f"@{alias.revision}" if alias.revision else ""
    return Launch((*installation.command, *arguments), f"{model}{revision}", served_name(alias))


def served_block(settings: Settings, name: str) -> tuple[ModelAlias, VllmSettings]:
    """An alias and its ``vllm`` table.

    Raises:
        ReferenceNotFound: There is no such alias.
        DefinitionError: It has no such table.
    """
    alias = settings.alias(name)
    if alias.vllm is None:
        other = f"the server of {alias.served_by!r} answers for it: serve that one"
        raise DefinitionError(
            f"model alias {name!r} has no vllm table: genops does not serve it",
            at=origin(["models", name], settings.source),
            hint=other if alias.served_by else f"add [tool.genops.models.{name}.vllm] (docs/serving.md)",
        )
    return alias, alias.vllm


def served_name(alias: ModelAlias) -> str:
    """The name under which requests ask for an alias's model: its own, or its id without the provider."""
    return (alias.vllm.served_name if alias.vllm else None) or repository_of(alias)


def flag_problems(settings: Settings, name: str, flags: Flags) -> list[FlagProblem]:
    """Everything in an alias's block that the installed vLLM cannot take."""
    alias, block = served_block(settings, name)
    problems: list[FlagProblem] = []
    for wanted in _typed(settings, alias, block, flags):
        known = [(flag, value) for flag, value in wanted.spellings if flag in flags]
        if known:
            problems += _bad_value(wanted.setting, flags.known[known[0][0]], known[0][1], block)
        elif not wanted.optional:
            flag = wanted.spellings[0][0]
            problems.append(
                FlagProblem(
                    wanted.setting, f"vLLM {flags.version} has no --{flag}", "take it out, or install another version"
                )
            )
    for given, value in block.extra.items():
        problems += _bad_extra(given, value, block, flags)
    return problems


def _bad_extra(given: str, value: Any, block: VllmSettings, flags: Flags) -> Iterator[FlagProblem]:
    setting, flag = f"extra.{given}", _flag(given)
    head = flag.partition(".")[0]
    if head in SETTINGS:
        yield FlagProblem(setting, f"--{head} has a setting of its own", f"write {SETTINGS[head]}")
    elif head == "structured-outputs-config" and block.structured_outputs is not None:
        yield FlagProblem(setting, "it is given twice", "write either it or structured_outputs")
    elif head not in flags and head.removeprefix("no-") not in flags:
        yield FlagProblem(setting, f"vLLM {flags.version} has no --{head}", what_became_of(head, flags))
    elif head in flags and "." not in flag:
        yield from _bad_value(setting, flags.known[head], value, block)
    elif head in flags and flag.count(".") == 1:
        yield from _bad_keys(setting, flags.known[head], {flag.partition(".")[2]: value})


def _bad_value(setting: str, flag: Flag, value: Any, block: VllmSettings) -> Iterator[FlagProblem]:
    if isinstance(value, bool):
        if not flag.switch and not value:
            yield FlagProblem(setting, f"--{flag.name} cannot be switched off", "take it out")
    elif flag.bare:
        hint = "write true or false" if flag.switch else "write true"
        yield FlagProblem(setting, f"--{flag.name} is a switch and cannot be {value!r}", hint)
    elif isinstance(value, dict):
        yield from _bad_keys(setting, flag, value)
    elif flag.choices and not isinstance(value, list) and str(value) not in flag.choices:
        plug_in = _PLUG_INS.get(flag.name)
        if plug_in is None or plug_in not in map(_flag, block.extra):
            own = f" (one of your own: extra.{plug_in})" if plug_in else ""
            yield FlagProblem(setting, f"--{flag.name} cannot be {value!r}", nearest(str(value), flag.choices) + own)


def _bad_keys(setting: str, flag: Flag, table: Mapping[str, Any]) -> Iterator[FlagProblem]:
    """What is wrong with a table, where its keys are known."""
    for key, value in table.items():
        name = key.replace("-", "_")
        if flag.keys and name not in flag.keys:
            yield FlagProblem(setting, f"--{flag.name} has no {key!r}", nearest(name, flag.keys))
        elif (choices := flag.keys.get(name)) and value is not None and str(value) not in choices:
            yield FlagProblem(setting, f"--{flag.name}: {key} cannot be {value!r}", nearest(str(value), choices))


def _chosen(settings: Settings, alias: ModelAlias, block: VllmSettings, flags: Flags) -> Iterator[tuple[str, Any]]:
    for wanted in _typed(settings, alias, block, flags):
        if _flag(wanted.spellings[0][0]) in {_flag(given) for given in block.extra}:
            continue
        yield from [(flag, value) for flag, value in wanted.spellings if flag in flags][:1]
    yield from ((_flag(given), value) for given, value in block.extra.items())


def _typed(settings: Settings, alias: ModelAlias, block: VllmSettings, flags: Flags) -> Iterator[_Wanted]:
    """The flags of a block's settings; what is as vLLM has it anyway is left out."""

    def wanted(
        setting: str, value: Any, *spellings: str | tuple[str, Any], optional: bool = False
    ) -> Iterator[_Wanted]:
        if value is not None:
            pairs = tuple(one if isinstance(one, tuple) else (one, value) for one in spellings)
            yield _Wanted(setting, pairs, optional)

    yield from wanted("served_name", served_name(alias), "served-model-name")
    yield from wanted("revision", alias.revision, "revision")
    yield from wanted("revision", alias.revision, "tokenizer-revision", optional=True)
    yield from wanted("dtype", None if block.dtype == "auto" else block.dtype, "dtype")
    yield from wanted("quantization", block.quantization, "quantization")
    yield from wanted("kv_cache_dtype", block.kv_cache_dtype, "kv-cache-dtype")
    yield from wanted("max_model_len", block.max_model_len, "max-model-len")
    yield from wanted("max_num_seqs", block.max_num_seqs, "max-num-seqs")
    for setting in ("tensor_parallel", "pipeline_parallel", "data_parallel"):
        count = getattr(block, setting)
        yield from wanted(setting, count if count > 1 else None, f"{_flag(setting)}-size")
    share = block.gpu_memory_utilization
    yield from wanted("gpu_memory_utilization", share, "gpu-memory-utilization", "device-memory-utilization")
    yield from _structured_outputs(block)
    yield from wanted("prefix_caching", block.prefix_caching, "enable-prefix-caching")
    yield from wanted("speculative", block.speculative, "speculative-config")
    yield from wanted("tool_call_parser", block.tool_call_parser, "tool-call-parser")
    yield from wanted("tool_call_parser", block.tool_call_parser and True, "enable-auto-tool-choice")
    yield from wanted("tool_call_parser", _tool_strictness(block), "tool-strict-level", optional=True)
    yield from wanted("reasoning_parser", block.reasoning_parser, "reasoning-parser")
    yield from wanted("reasoning_parser", block.reasoning_parser and True, "enable-reasoning", optional=True)
    yield from wanted("chat_template", _absolute(settings, block.chat_template), "chat-template")
    yield from wanted("generation_config", _generation_config(settings, block), "generation-config", optional=True)
    yield from wanted("trust_remote_code", block.trust_remote_code or None, "trust-remote-code")
    yield from wanted("traces", block.traces, "otlp-traces-endpoint")
    pickles = block.allow_pickle or block.quantization in _OTHER_FORMATS or str(block.path).endswith(".gguf")
    yield from wanted("allow_pickle", None if pickles else "safetensors", "load-format")
    yield from _adapters(settings, block, flags)
    for flag, value in {
        "enable-per-request-metrics": True,
        "enable-prompt-tokens-details": True,
        "shutdown-timeout": max(1, round(block.drain_timeout)),
        "disable-access-log-for-endpoints": _QUIET,
    }.items():
        yield from wanted("", value, flag, optional=True)


def _structured_outputs(block: VllmSettings) -> Iterator[_Wanted]:
    """The backend, without the whitespace between JSON's tokens that a model may otherwise go on writing."""
    backend = block.structured_outputs
    if backend is None:
        return
    compact = {"disable_any_whitespace": True} if backend in _COMPACT else {}
    spellings = (("structured-outputs-config", {"backend": backend, **compact}), ("guided-decoding-backend", backend))
    yield _Wanted("structured_outputs", spellings)
    if compact:
        flag = ("guided-decoding-disable-any-whitespace", True)
        yield _Wanted("structured_outputs", (flag,), optional=True)


def _tool_strictness(block: VllmSettings) -> str | None:
    """That arguments of tools keep to their schemas, where they are given by xgrammar: other backends cannot."""
    config = block.extra.get("structured-outputs-config", block.extra.get("structured_outputs_config"))
    other = config.get("backend") if isinstance(config, dict) else None
    backend = block.structured_outputs or other or "auto"
    return "parameter" if block.tool_call_parser and backend in ("auto", "xgrammar") else None


def _adapters(settings: Settings, block: VllmSettings, flags: Flags) -> Iterator[_Wanted]:
    """Room for as many adapters in a batch as there are; a rank is rounded up to what vLLM allows."""
    if not block.adapters and block.max_lora_rank is None:
        return
    folders = {name: adapter_place(settings, name, one) for name, one in block.adapters.items()}
    rank = block.max_lora_rank or max(map(adapter_rank, folders.values()), default=16)
    known = flags.known.get("max-lora-rank")
    allowed = sorted(int(choice) for choice in known.choices if choice.isdigit()) if known else []
    yield _Wanted("adapters", (("enable-lora", True),))
    yield _Wanted("max_lora_rank", (("max-lora-rank", next((one for one in allowed if one >= rank), rank)),))
    if folders:
        modules = [json.dumps({"name": name, "path": str(folder)}) for name, folder in folders.items()]
        yield _Wanted("adapters", (("max-loras", len(folders)),), optional=True)
        yield _Wanted("adapters", (("lora-modules", modules),))


def adapter_rank(folder: Path) -> int:
    """The highest rank in an adapter.

    Raises:
        DefinitionError: The folder has no ``adapter_config.json`` that says it.
    """
    file = folder / "adapter_config.json"
    try:
        said: Mapping[str, Any] = json.loads(file.read_bytes())
        return int(max([said["r"], *(said.get("rank_pattern") or {}).values()]))
    except OSError as error:
        raise DefinitionError(
            f"{file}: {error.strerror or error}", hint="an adapter is a folder as PEFT writes it"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise DefinitionError(f"{file} does not say the rank of the adapter (r)") from None


def _generation_config(settings: Settings, block: VllmSettings) -> str:
    plain = block.generation_config in ("vllm", "auto")
    return block.generation_config if plain else str(settings.root.resolve() / block.generation_config)


def _absolute(settings: Settings, path: Path | None) -> str | None:
    return None if path is None else str(settings.root.resolve() / path)


def _flag(name: str) -> str:
    head, dot, rest = name.partition(".")
    return head.replace("_", "-") + dot + rest


def _written(flag: str, value: Any) -> list[str]:
    """A flag as it stands on a command line; one word where a value could be taken for a flag."""
    name = f"--{flag}"
    if isinstance(value, bool):
        return [name if value else f"--no-{flag}"]
    if isinstance(value, list):
        return [name, *(one if isinstance(one, str) else json.dumps(one) for one in value)]
    return [f"{name}={json.dumps(value) if isinstance(value, dict) else value}"]
