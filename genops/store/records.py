"""What is written about a run: plain records, as the executor makes them and as queries give them back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Status = Literal["running", "ok", "error", "skipped", "cancelled"]
SpanKind = Literal[
    "chain", "step", "scope", "model", "tool", "retrieve", "http", "clock", "agent", "function", "engine"
]
CacheKind = Literal["memo", "response"]


@dataclass(slots=True)
class RunRecord:
    """One execution under a lock.

    Attributes:
        id: 32 hexadecimal digits, random; also how people name the trace.
        trace_id: OpenTelemetry trace id (32 hex digits); the id itself unless a ``traceparent`` was joined.
        chain: Name of the chain, or of the traced function.
        reference: How the chain was referred to.
        lock: Digest of the lock, empty for a traced function.
        mode: What the run was for.
        origin: The run that a replay repeats.
        started: Nanoseconds since the epoch.
        ended: None while it runs (or for ever, when the process was killed).
        inputs: Digest of the redacted inputs' payload.
        output: Digest of the redacted output's payload.
        error: ``{"type", "message", "path"}`` of the failure.
        tags: Sorted, unique.
        input_tokens: Sum over model calls.
        output_tokens: Sum over model calls.
        cost: US dollars over model calls; None when the price of one is unknown.
        model_calls: Calls that reached a provider or a cache.
        spans: Spans written, itself included.
        dropped: Records that could not be written; more than 0 makes the trace incomplete.
        text: What full-text search finds it by: inputs, output and error as text, cut to a bound.
    """

    id: str
    trace_id: str
    chain: str
    started: int
    reference: str = ""
    lock: str = ""
    mode: Literal["run", "batch", "replay", "eval", "fuzz", "function"] = "run"
    origin: str | None = None
    status: Status = "running"
    ended: int | None = None
    inputs: str | None = None
    output: str | None = None
    error: dict[str, Any] | None = None
    session: str | None = None
    user: str | None = None
    tags: list[str] = field(default_factory=list)
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    model_calls: int = 0
    spans: int = 0
    dropped: int = 0
    text: str = ""


@dataclass(slots=True)
class SpanRecord:
    """One piece of work inside a run.

    Attributes:
        run: Id of the run.
        number: From 1 in the order of starting; the root is 1.
        parent: Number of the enclosing span, None for the root.
        span_id: OpenTelemetry span id, 16 hexadecimal digits.
        path: Position in the run, unique in it: ``each[3]/answer#2/model``.
        kind: What it is.
        name: The step's, tool's, index's or alias's name.
        started: Nanoseconds since the epoch.
        ended: None while unfinished.
        input: Digest of the redacted input's payload. For an effect this is the request whose digest replay compares.
        output: Digest of the redacted output's payload.
        error: ``{"type", "message", …}``.
        patch: The change to the enclosing scope's state, as JSON Patch operations (RFC 6902); a value may be given
            as ``{"$payload": digest}``.
        attributes: Span attributes under their OpenTelemetry names.
    """

    run: str
    number: int
    parent: int | None
    span_id: str
    path: str
    kind: SpanKind
    name: str
    started: int
    status: Status = "running"
    ended: int | None = None
    input: str | None = None
    output: str | None = None
    error: dict[str, Any] | None = None
    patch: list[dict[str, Any]] | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted; everything that is given must hold.

    Attributes:
        chain: Name of the chain or traced function.
        since: Started at or after, nanoseconds since the epoch.
        until: Started before, nanoseconds since the epoch.
        min_latency: Seconds; a run that has not ended has no latency and is left out.
        max_latency: Seconds.
        min_cost: US dollars; a run whose cost is unknown is left out.
        max_cost: US dollars.
        text: Words that must all occur in the run's inputs, output or error.
        component: Digest, or a prefix of 4 digits or more, of a component in the run's lock.
        origin: Id of the run that it replays.
    """

    chain: str | None = None
    status: Status | None = None
    mode: str | None = None
    since: int | None = None
    until: int | None = None
    min_latency: float | None = None
    max_latency: float | None = None
    min_cost: float | None = None
    max_cost: float | None = None
    text: str | None = None
    component: str | None = None
    session: str | None = None
    user: str | None = None
    tag: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """How many rows there are, or how many were deleted."""

    runs: int
    spans: int
    payloads: int


@dataclass(frozen=True, slots=True)
class MemoEntry:
    """A result that was memoised.

    Attributes:
        payload: Digest of its payload.
        run: Id of the run that it was made in.
        path: Position of the step there.
    """

    payload: str
    run: str
    path: str

    def encode(self) -> bytes:
        """The entry as a cache keeps it."""
        return f"{self.payload} {self.run} {self.path}".encode()

    @classmethod
    def decode(cls, data: bytes) -> MemoEntry:
        """The entry that :meth:`encode` was called on."""
        return cls(*data.decode().split(" ", 2))


@dataclass(frozen=True, slots=True)
class CacheSize:
    """How much a cache holds.

    Attributes:
        cache: Which one.
        entries: How many results or answers.
        bytes: Their size; a result that several entries of the memo share counts once.
    """

    cache: CacheKind
    entries: int
    bytes: int


@dataclass(frozen=True, slots=True)
class VersionRecord:
    """A published version.

    Attributes:
        kind: ``prompt`` or ``chain``.
        name: What was published.
        number: From 1, without gaps; never reused.
        digest: Of the component itself.
        lock: Digest of the lock over its whole closure.
        message: Why.
        author: Who.
        created: Nanoseconds since the epoch.
    """

    kind: str
    name: str
    number: int
    digest: str
    lock: str
    message: str
    author: str
    created: int


@dataclass(frozen=True, slots=True)
class LabelMove:
    """A label that was pointed to a version.

    Attributes:
        number: Position in the history of all labels.
        version: What it points to since then.
        message: Why.
        author: Who.
        rollback: Whether it went back in the label's own history.
        created: Nanoseconds since the epoch.
    """

    number: int
    kind: str
    name: str
    label: str
    version: int
    message: str
    author: str
    rollback: bool
    created: int


@dataclass(frozen=True, slots=True)
class EvalRecord:
    """One run of a suite.

    Attributes:
        id: 32 hexadecimal digits; how people name it.
        suite: Name of the suite.
        name: What people called it, to compare with later; empty for none.
        manifest: Digest of everything that its scores follow from.
        body: The manifest itself, and what the reports need beside it.
        started: Nanoseconds since the epoch.
        ended: None while it runs (or for ever, when the process was killed).
        status: ``finished`` says that nothing is left to do, ``stopped`` that something is: --resume goes on.
        verdict: The gate's, as the reports show it; empty without a gate.
    """

    id: str
    suite: str
    name: str
    manifest: str
    body: dict[str, Any]
    started: int
    ended: int | None = None
    status: Literal["running", "stopped", "finished"] = "running"
    verdict: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One case, run once in an evaluation.

    Attributes:
        number: Position in the evaluation: unique, and the same when the evaluation is resumed.
        case: The case's id.
        case_number: Its position in the dataset, from 0.
        variant: Name of the variant.
        repeat: From 0.
        status: ``error`` says that the infrastructure failed, so that there is nothing to score.
        run: Id of the run, which names its trace; empty where there was none.
        output: Digest of the redacted output's payload.
        error: ``{"type", "message", "path"}`` of the failure; with scores, of a run that its case may decline.
        seconds: How long the run took.
        cost: US dollars; None when a price is unknown.
        input_tokens: Of the run.
        output_tokens: Of the run.
        scores: By name: ``{"value", "passed", "label", "explanation", "evidence", "metadata"}``, or
            ``{"unscored": why}``. ``passed`` is only there with a threshold, None where there is no score.
        judged: ``{"cost", "input_tokens", "output_tokens", "calls", "seconds"}`` of the judges.
        pairs: Verdicts on the output beside those of other variants: ``{"first", "second", "outcome", …}``, outcome 1
            where the first is the better one, 0.5 for a tie; or ``{"first", "second", "unscored": why}``.
        reused: Whether results of an earlier run took the place of steps or model calls, so that time, cost and tokens
            are not those of a whole run.
    """

    number: int
    case: str
    case_number: int
    variant: str
    repeat: int
    status: Literal["ok", "error"]
    run: str = ""
    output: str | None = None
    error: dict[str, Any] | None = None
    seconds: float = 0.0
    cost: float | None = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    scores: dict[str, Any] = field(default_factory=dict)
    judged: dict[str, Any] = field(default_factory=dict)
    pairs: list[dict[str, Any]] = field(default_factory=list)
    reused: bool = False


@dataclass(frozen=True, slots=True)
class CampaignRecord:
    """One run of a campaign.

    Attributes:
        id: 32 hexadecimal digits; how people name it.
        campaign: Name of the campaign.
        manifest: Digest of everything that its tries follow from.
        body: The manifest itself, and what the reports need beside it.
        started: Nanoseconds since the epoch.
        ended: None while it runs (or for ever, when the process was killed).
        status: ``finished`` says that nothing is left to do, ``stopped`` that something is: --resume goes on.
        verdict: As the reports show it.
    """

    id: str
    campaign: str
    manifest: str
    body: dict[str, Any]
    started: int
    ended: int | None = None
    status: Literal["running", "stopped", "finished"] = "running"
    verdict: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TryRecord:
    """One attack, run once in a campaign.

    Attributes:
        number: Position in the campaign: unique, and the same when the campaign is resumed.
        phase: ``sweep`` for what was drawn without a look at others, ``search`` for what the search proposed,
            ``strategy`` for what an attacker model was led to, ``robustness`` for what keeps a case's meaning.
        objective: Name of the objective; of robustness, the relation's, ``source`` for a case as it is, or
            ``unchanged`` for the same once more.
        seed: Id of the seed; of robustness, the case's.
        surface: Where the attack or the change entered.
        mutations: ``{"mutator", "seed", "settings"}`` in their order.
        outcome: ``breach``, ``safe``, ``crashed``, ``unscored`` or ``infrastructure``; of robustness, ``asked`` for
            what others are compared with, ``same`` or ``changed`` in place of the first two, and ``skipped`` where
            there was nothing to change.
        run: Id of the run, which names its trace; empty where there was none.
        error: ``{"type", "message", "path"}`` of the failure.
        scores: Of the detectors, as a sample has them.
        features: Of the behaviour, sorted.
        cost: US dollars, those of judges included; None when a price is unknown.
        tokens: Input and output together, of judges too.
        text: Of the attack, where it is a breach or enters by a passage or a tool; that of others is in the inputs of
            their runs alone.
        case: Id of the harmless case that carried it; empty where the campaign has only one.
        field: That it was written into; empty where it was written into none, or an attacker writes only one.
    """

    number: int
    phase: Literal["sweep", "search", "strategy", "baseline", "robustness"]
    objective: str
    seed: str
    surface: str
    mutations: list[dict[str, Any]]
    outcome: str
    run: str = ""
    error: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    features: list[str] = field(default_factory=list)
    cost: float | None = 0.0
    tokens: int = 0
    text: str = ""
    case: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class FindingRecord:
    """The shortest form of a breach.

    Attributes:
        id: 32 hexadecimal digits of its digest: the same attack on the same lock has the same one.
        number: Of the try that it was found by.
        objective: Name of the objective.
        severity: Of the objective.
        seed: Id of the seed.
        surface: Where the attack enters.
        start: The text that the mutations begin with.
        mutations: That are left.
        text: What comes of them.
        run: Id of the run that shows it.
        step: Position of the step where the defence failed; empty for the chain as a whole.
        label: The detector's word for it.
        tries: That finding its shortest form took.
        minimal: Whether nothing more can be left out.
        case: Id of the harmless case that carries it; empty where the campaign has only one.
        field: That it is written into; empty where it is written into none, or an attacker writes only one.
    """

    id: str
    number: int
    objective: str
    severity: str
    seed: str
    surface: str
    start: str
    mutations: list[dict[str, Any]]
    text: str
    run: str
    step: str
    label: str
    tries: int
    minimal: bool
    case: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class DriftRecord:
    """A drift check that was made.

    Attributes:
        id: 32 hexadecimal digits; how people name it.
        check: Name of its definition; empty for one that was asked for by options alone.
        reference: The reference window, as people wrote it.
        current: The current window, as people wrote it.
        started: Nanoseconds since the epoch.
        ended: Nanoseconds since the epoch.
        verdict: What came of it.
        body: All that reports show.
    """

    id: str
    check: str
    reference: str
    current: str
    started: int
    ended: int
    verdict: Literal["quiet", "drift", "undecided"]
    body: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WatchRecord:
    """Where a watch stands: what it needs to go on as if it had never stopped.

    Attributes:
        watch: Its name.
        manifest: Digest of everything that its detectors were fitted to; another one starts anew.
        cursor: Start of the last run that was looked at, in nanoseconds since the epoch.
        seen: Runs looked at.
        updated: Nanoseconds since the epoch.
        baseline: What its detectors compare with, by the state that each watches: written once.
        state: Of its detectors.
        alarms: What was raised, oldest first.
    """

    watch: str
    manifest: str
    cursor: int
    seen: int
    updated: int
    baseline: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    alarms: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FeedbackRecord:
    """What a user thought of an answer.

    Attributes:
        run: Id of the run that gave it.
        name: Of what was judged: ``feedback`` where nothing is said.
        value: From 0 (bad) to 1 (good).
        comment: In the user's words, redacted.
        author: Who said so.
        created: Nanoseconds since the epoch.
    """

    run: str
    name: str
    value: float
    comment: str
    author: str
    created: int


class EndedRun(NamedTuple):
    """What is counted and measured of a run that ended.

    Attributes:
        key: Orders runs by their start: nanoseconds since the epoch, the first that was free.
        took: Nanoseconds.
        failed: Whether it ended with an error.
        cost: US dollars; None when the price of a call is unknown.
        tokens: Input and output together.
        session: That it is part of; None for none.
    """

    key: int
    took: int
    failed: bool
    cost: float | None
    tokens: int
    session: str | None


@dataclass(frozen=True, slots=True)
class MonitorRecord:
    """Where a monitor stands.

    Attributes:
        monitor: Its name.
        manifest: Digest of what its scores follow from.
        began: Nanoseconds since the epoch: earlier runs are not its concern.
        cursor: Start of the last run that was looked at, in nanoseconds since the epoch.
        seen: Runs looked at.
        updated: Until when feedback was looked at, in nanoseconds since the epoch.
        latest: The runs that were looked at last, with their start: those whose records may come again.
    """

    monitor: str
    manifest: str
    began: int
    cursor: int
    seen: int
    updated: int
    latest: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MonitoredRecord:
    """A run that a monitor drew and scored.

    Attributes:
        run: Its id.
        started: Nanoseconds since the epoch.
        manifest: Digest of what the scores follow from.
        stratum: Why it was drawn: ``all``, ``errors``, ``feedback``, or the expression of a stratum.
        probability: With which it was drawn, above 0 and at most 1.
        scores: As those of a :class:`SampleRecord`.
        judged: What the judges used, as that of a :class:`SampleRecord`.
    """

    run: str
    started: int
    manifest: str
    stratum: str
    probability: float
    scores: dict[str, Any] = field(default_factory=dict)
    judged: dict[str, Any] = field(default_factory=dict)


AlertState = Literal["ok", "warning", "alert", "no data"]


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """Where a rule of a monitor stands.

    Attributes:
        monitor: Name of the monitor.
        rule: As it was written.
        state: In which the rule is.
        since: When it began, in nanoseconds since the epoch.
        looked: When it was last looked at.
        said: The state that people know of: the one told last, or a quiet one that nobody had to be told of; empty
            where there is none yet.
        told: When a message was last written; None for never.
        silenced: Until when no message is written; None where it is not silenced.
        pending: The state that the last looks say, where it is another than ``state``; empty where it is the same.
        looks: How many looks in a row said so.
        measure: The figure at the last look: ``value``, ``unit``, ``n``, ``low``, ``high``, …
    """

    monitor: str
    rule: str
    state: AlertState
    since: int
    looked: int
    said: AlertState | Literal[""] = ""
    told: int | None = None
    silenced: int | None = None
    pending: str = ""
    looks: int = 0
    measure: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A message to one channel, kept until it is accepted.

    Attributes:
        id: The same in every attempt, so that a receiver can tell repetitions.
        monitor: Whose rule it is about.
        rule: As it was written.
        channel: Name of the channel.
        body: The message.
        created: Nanoseconds since the epoch.
        due: When the next attempt is made.
        attempts: Made so far.
        accepted: When it was accepted; None while it is not.
        error: What became of the last attempt, where it failed.
    """

    id: str
    monitor: str
    rule: str
    channel: str
    body: dict[str, Any]
    created: int
    due: int
    attempts: int = 0
    accepted: int | None = None
    error: str = ""


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
