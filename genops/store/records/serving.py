"""Servers of models, what their engines say, load tests and measured prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ServerState = Literal["starting", "ready", "failing", "stopping", "stopped", "failed"]


@dataclass(frozen=True, slots=True)
class ServedRecord:
    """A server of a model, from its start on: one process under a supervisor, on one machine.

    Attributes:
        id: Of this server; a restart by its supervisor keeps it.
        alias: The model alias that it serves.
        replica: Which of the alias's servers it is, from 0.
        host: Name of the machine.
        supervisor: Process id of the supervisor.
        engine_pid: Process id of the server; None while there is none.
        url: Base URL, with its ``/v1``.
        state: ``ready`` after a real completion only; ``failing`` between a crash and the next start.
        phase: Of the start (``load``, ``compile``), or "" when it is over.
        started: Nanoseconds since the epoch.
        ready: When it answered first; None while it has not.
        ended: When it was given up or stopped; None while it lives.
        beat: When its supervisor last wrote; an old one means that the supervisor is gone.
        engine: Name and version (``vllm 0.32.0``).
        model: Path or hub name, with its revision.
        digests: SHA-256 of what is served, by what it is: ``weights``, ``tokenizer``, ``config``, ``chat_template``.
        adapters: Digest of each loaded adapter, by its name.
        sampling: Sampling defaults that the server applies where a request says nothing.
        arguments: Of the command, without secrets.
        key_file: File that holds the key, readable by its owner alone; "" when a variable of the environment does.
        log: File with the output of the server.
        reason: Why it failed, in plain words; "" where it did not.
        restarts: After crashes.
    """

    id: str
    alias: str
    replica: int
    host: str
    supervisor: int
    engine_pid: int | None
    url: str
    state: ServerState
    phase: str
    started: int
    ready: int | None
    ended: int | None
    beat: int
    engine: str
    model: str
    digests: dict[str, str]
    adapters: dict[str, str]
    sampling: dict[str, Any]
    arguments: list[str]
    key_file: str
    log: str
    reason: str = ""
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class EngineSpan:
    """What an engine did for one request, as it tells it itself.

    Attributes:
        trace_id: Of the trace that the request carried, 32 hexadecimal digits.
        parent: Span id of the model call, 16 hexadecimal digits.
        span_id: Its own.
        name: As the engine calls it.
        started: Nanoseconds since the epoch.
        ended: Nanoseconds since the epoch.
        attributes: Under the engine's names.
        figures: Attributes of the model call, for those that it has as null.
    """

    trace_id: str
    parent: str
    span_id: str
    name: str
    started: int
    ended: int
    attributes: dict[str, Any]
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EngineFiguresRecord:
    """What an engine said of itself at one moment.

    Attributes:
        served: Id of the server; "" for one that genops did not start.
        alias: The model alias.
        at: Nanoseconds since the epoch.
        figures: Each figure by its name.
    """

    served: str
    alias: str
    at: int
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LoadTestRecord:
    """A load test of a model.

    Attributes:
        id: Of the test.
        alias: The model alias.
        at: Nanoseconds since the epoch.
        manifest: What was tried on what: load, lengths, server, objective.
        summary: What was found.
    """

    id: str
    alias: str
    at: int
    manifest: dict[str, Any]
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PriceRecord:
    """A measured price, in US dollars per million tokens; the settings' own goes before it.

    Attributes:
        alias: The model alias.
        input: Of input tokens.
        output: Of output tokens.
        cached_input: Of cached input tokens, where it differs.
        source: What it follows from: the id of a load test.
        at: Nanoseconds since the epoch.
        model: Provider and model that the alias stood for: another one has another price.
    """

    alias: str
    input: float
    output: float
    cached_input: float | None
    source: str
    at: int
    model: str
