"""The tables, as SQLModel classes. The migrations make them; a test holds the two equal.

Runs are keyed by their start in nanoseconds, moved up until unique, so that the key's order is the order of time:
newest first needs no index and no sort, and the spans of a run lie together in the order of writing.
"""

from __future__ import annotations

import json
from typing import Any

import orjson
from sqlalchemy import BigInteger, Column, Dialect, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

Int64 = BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


class Digest(TypeDecorator[str]):
    """A SHA-256 digest: hexadecimal text outside, 32 bytes in the database."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Text to bytes."""
        return None if value is None else bytes.fromhex(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Bytes to text."""
        return None if value is None else bytes(value).hex()


class JsonText(TypeDecorator[Any]):
    """JSON kept as text, in the same bytes on every database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Value to text; None is NULL."""
        return json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Text to value; raises ValueError when it is not JSON."""
        if value is None:
            return None
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:  # refuses lone surrogates, which json takes
            return json.loads(value)


def json_text(value: Any) -> str | None:
    """JSON text of a value, whatever it holds: what JSON has no form for becomes its ``str``."""
    if value is None:
        return None
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value, default=str)


class _Stored(SQLModel):
    model_config = {"defer_build": True}  # rows are read and written by their columns alone
    metadata = MetaData()


def _partial_index(name: str, where: str) -> Index:
    """Of the rows that fit alone, on every database: naming PostgreSQL here too would load its dialect, for 20 ms."""
    return Index(f"run_{name}", name, "key", sqlite_where=text(where))


class Run(_Stored, table=True):
    """One row a run; fields as in :class:`~genops.store.records.RunRecord`."""

    __tablename__ = "run"
    __table_args__ = (
        Index("run_chain", "chain", "key"),
        Index("run_status", "status", "key"),
        Index("run_lock", "lock", "key"),
        *(_partial_index(name, f'"{name}" IS NOT NULL') for name in ("session", "user", "origin")),
        _partial_index("trace_id", "trace_id <> id"),
    )

    key: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=False))
    id: str = Field(sa_type=Text, unique=True)
    trace_id: str = Field(sa_type=Text)
    chain: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    lock: str = Field(sa_type=Text)
    mode: str = Field(sa_type=Text)
    origin: str | None = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    started: int = Field(sa_type=BigInteger)
    ended: int | None = Field(sa_type=BigInteger)
    cost: float | None
    input_tokens: int = Field(sa_type=BigInteger)
    output_tokens: int = Field(sa_type=BigInteger)
    model_calls: int
    spans: int
    dropped: int
    session: str | None = Field(sa_type=Text)
    user: str | None = Field(sa_type=Text)
    inputs: str | None = Field(sa_type=Digest)
    output: str | None = Field(sa_type=Digest)
    tags: str = Field(sa_type=JsonText)
    error: str | None = Field(sa_type=JsonText)


def _run_key() -> Column[Any]:
    return Column(Int64, ForeignKey("run.key", ondelete="CASCADE"), primary_key=True, autoincrement=False)


class RunText(_Stored, table=True):
    """What full-text search finds a run by. FTS5 and tsvector indexes hang on it (see the first migration)."""

    __tablename__ = "run_text"

    run: int = Field(sa_column=_run_key())
    text: str = Field(sa_type=Text)


class RunTag(_Stored, table=True):
    """The tags of the runs, for looking up by tag."""

    __tablename__ = "run_tag"
    __table_args__ = (Index("run_tag_run", "run"),)

    tag: str = Field(sa_column=Column(Text, primary_key=True))
    run: int = Field(sa_column=_run_key())


class Span(_Stored, table=True):
    """One row a span; fields as in :class:`~genops.store.records.SpanRecord`, with the run's key for its id."""

    __tablename__ = "span"

    run: int = Field(sa_column=_run_key())
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    parent: int | None
    span_id: str = Field(sa_type=Text)
    path: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    started: int = Field(sa_type=BigInteger)
    status: str = Field(sa_type=Text)
    ended: int | None = Field(sa_type=BigInteger)
    input: str | None = Field(sa_type=Digest)
    output: str | None = Field(sa_type=Digest)
    error: str | None = Field(sa_type=JsonText)
    patch: str | None = Field(sa_type=JsonText)
    attributes: str = Field(sa_type=JsonText)


class StoredPayload(_Stored, table=True):
    """A value's bytes by their digest."""

    __tablename__ = "payload"

    digest: str = Field(sa_column=Column(Digest, primary_key=True))
    data: bytes


class CacheEntry(_Stored, table=True):
    """The memo (``value`` is a payload's digest in text) and the response cache (``value`` is the response)."""

    __tablename__ = "cache_entry"

    kind: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    value: bytes


class Sweep(_Stored, table=True):
    """One row that counts deletions of payloads, so that writers forget which payloads they wrote."""

    __tablename__ = "sweep"

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    count: int


class StoredComponent(_Stored, table=True):
    """A component's canonical body by its digest."""

    __tablename__ = "component"

    digest: str = Field(sa_column=Column(Text, primary_key=True))
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)


class StoredLock(_Stored, table=True):
    """A lock by its digest."""

    __tablename__ = "lock"

    digest: str = Field(sa_column=Column(Text, primary_key=True))
    chain: str = Field(sa_type=Text)


class LockComponent(_Stored, table=True):
    """An entry of a lock, at its position."""

    __tablename__ = "lock_component"
    __table_args__ = (Index("lock_component_digest", "digest"), Index("lock_component_name", "kind", "name"))

    lock: str = Field(sa_column=Column(Text, ForeignKey("lock.digest"), primary_key=True))
    position: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    digest: str = Field(sa_column=Column(Text, ForeignKey("component.digest"), nullable=False))
    uses: str = Field(sa_type=JsonText)


class PublishedVersion(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.VersionRecord`."""

    __tablename__ = "version"

    kind: str = Field(sa_column=Column(Text, primary_key=True))
    name: str = Field(sa_column=Column(Text, primary_key=True))
    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    digest: str = Field(sa_type=Text)
    lock: str = Field(sa_column=Column(Text, ForeignKey("lock.digest"), nullable=False))
    message: str = Field(sa_type=Text)
    author: str = Field(sa_type=Text)
    created: int = Field(sa_type=BigInteger)


class MovedLabel(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.LabelMove`; a label points where its last move says."""

    __tablename__ = "label_move"
    __table_args__ = (Index("label_move_name", "kind", "name", "label"),)

    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    label: str = Field(sa_type=Text)
    version: int
    message: str = Field(sa_type=Text)
    author: str = Field(sa_type=Text)
    rollback: bool
    created: int = Field(sa_type=BigInteger)


class Evaluation(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.EvalRecord`; keyed by the start, as runs are."""

    __tablename__ = "evaluation"
    __table_args__ = (Index("evaluation_suite", "suite", "key"), Index("evaluation_manifest", "manifest", "key"))

    key: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=False))
    id: str = Field(sa_type=Text, unique=True)
    suite: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    manifest: str = Field(sa_type=Text)
    body: str = Field(sa_type=JsonText)
    started: int = Field(sa_type=BigInteger)
    ended: int | None = Field(sa_type=BigInteger)
    status: str = Field(sa_type=Text)
    verdict: str = Field(sa_type=JsonText)


class EvaluatedSample(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.SampleRecord`."""

    __tablename__ = "sample"
    __table_args__ = (Index("sample_output", "output"),)

    evaluation: int = Field(
        sa_column=Column(Int64, ForeignKey("evaluation.key", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    number: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=False))
    case: str = Field(sa_type=Text)
    case_number: int = Field(sa_type=BigInteger)
    variant: str = Field(sa_type=Text)
    repeat: int
    status: str = Field(sa_type=Text)
    run: str = Field(sa_type=Text)
    output: str | None = Field(sa_type=Digest)
    error: str | None = Field(sa_type=JsonText)
    seconds: float
    cost: float | None
    input_tokens: int = Field(sa_type=BigInteger)
    output_tokens: int = Field(sa_type=BigInteger)
    scores: str = Field(sa_type=JsonText)
    judged: str = Field(sa_type=JsonText)
    pairs: str = Field(sa_type=JsonText)
    reused: bool


class Campaign(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.CampaignRecord`; keyed by the start, as runs are."""

    __tablename__ = "campaign"
    __table_args__ = (Index("campaign_campaign", "campaign", "key"), Index("campaign_manifest", "manifest", "key"))

    key: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=False))
    id: str = Field(sa_type=Text, unique=True)
    campaign: str = Field(sa_type=Text)
    manifest: str = Field(sa_type=Text)
    body: str = Field(sa_type=JsonText)
    started: int = Field(sa_type=BigInteger)
    ended: int | None = Field(sa_type=BigInteger)
    status: str = Field(sa_type=Text)
    verdict: str = Field(sa_type=JsonText)


class CampaignTry(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.TryRecord`; the text as JSON, which holds lone surrogates."""

    __tablename__ = "try"

    campaign: int = Field(
        sa_column=Column(Int64, ForeignKey("campaign.key", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    number: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=False))
    phase: str = Field(sa_type=Text)
    objective: str = Field(sa_type=Text)
    seed: str = Field(sa_type=Text)
    surface: str = Field(sa_type=Text)
    mutations: str = Field(sa_type=JsonText)
    outcome: str = Field(sa_type=Text)
    run: str = Field(sa_type=Text)
    error: str = Field(sa_type=JsonText)
    scores: str = Field(sa_type=JsonText)
    features: str = Field(sa_type=JsonText)
    cost: float | None
    tokens: int = Field(sa_type=BigInteger)
    text: str = Field(sa_type=JsonText)
    case: str = Field(sa_type=Text)
    field: str = Field(sa_type=Text)


class CampaignFinding(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.FindingRecord`; texts as JSON, which holds lone surrogates."""

    __tablename__ = "finding"
    __table_args__ = (Index("finding_id", "id"),)

    campaign: int = Field(
        sa_column=Column(Int64, ForeignKey("campaign.key", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    number: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=False))
    id: str = Field(sa_type=Text)
    objective: str = Field(sa_type=Text)
    severity: str = Field(sa_type=Text)
    seed: str = Field(sa_type=Text)
    surface: str = Field(sa_type=Text)
    start: str = Field(sa_type=JsonText)
    mutations: str = Field(sa_type=JsonText)
    text: str = Field(sa_type=JsonText)
    run: str = Field(sa_type=Text)
    step: str = Field(sa_type=Text)
    label: str = Field(sa_type=Text)
    tries: int
    minimal: bool
    case: str = Field(sa_type=Text)
    field: str = Field(sa_type=Text)


class DriftCheck(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.DriftRecord`; keyed by the start, as runs are."""

    __tablename__ = "drift_check"
    __table_args__ = (Index("drift_check_check", "check", "key"),)

    key: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=False))
    id: str = Field(sa_type=Text, unique=True)
    check: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    current: str = Field(sa_type=Text)
    started: int = Field(sa_type=BigInteger)
    ended: int = Field(sa_type=BigInteger)
    verdict: str = Field(sa_type=Text)
    body: str = Field(sa_type=JsonText)


class DriftWatch(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.WatchRecord`."""

    __tablename__ = "drift_watch"

    watch: str = Field(sa_column=Column(Text, primary_key=True))
    manifest: str = Field(sa_type=Text)
    cursor: int = Field(sa_type=BigInteger)
    seen: int = Field(sa_type=BigInteger)
    updated: int = Field(sa_type=BigInteger)
    baseline: str = Field(sa_type=JsonText)
    state: str = Field(sa_type=JsonText)
    alarms: str = Field(sa_type=JsonText)


class Feedback(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.FeedbackRecord`, numbered in the order of writing."""

    __tablename__ = "feedback"
    __table_args__ = (Index("feedback_run", "run"), Index("feedback_created", "created"))

    number: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=True))
    run: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    value: float
    comment: str = Field(sa_type=Text)
    author: str = Field(sa_type=Text)
    created: int = Field(sa_type=BigInteger)


class Monitor(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.MonitorRecord`."""

    __tablename__ = "monitor"

    monitor: str = Field(sa_column=Column(Text, primary_key=True))
    manifest: str = Field(sa_type=Text)
    began: int = Field(sa_type=BigInteger)
    cursor: int = Field(sa_type=BigInteger)
    seen: int = Field(sa_type=BigInteger)
    updated: int = Field(sa_type=BigInteger)
    latest: str = Field(sa_type=JsonText)


class Monitored(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.MonitoredRecord`, with the name of the monitor."""

    __tablename__ = "monitored"
    __table_args__ = (Index("monitored_started", "monitor", "started"),)

    monitor: str = Field(sa_column=Column(Text, primary_key=True))
    run: str = Field(sa_column=Column(Text, primary_key=True))
    started: int = Field(sa_type=BigInteger)
    manifest: str = Field(sa_type=Text)
    stratum: str = Field(sa_type=Text)
    probability: float
    scores: str = Field(sa_type=JsonText)
    judged: str = Field(sa_type=JsonText)


class Alert(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.AlertRecord`."""

    __tablename__ = "alert"

    monitor: str = Field(sa_column=Column(Text, primary_key=True))
    rule: str = Field(sa_column=Column(Text, primary_key=True))
    state: str = Field(sa_type=Text)
    since: int = Field(sa_type=BigInteger)
    looked: int = Field(sa_type=BigInteger)
    said: str = Field(sa_type=Text)
    told: int | None = Field(sa_type=BigInteger)
    silenced: int | None = Field(sa_type=BigInteger)
    pending: str = Field(sa_type=Text)
    looks: int
    measure: str = Field(sa_type=JsonText)


class Delivery(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.DeliveryRecord`, numbered in the order of writing."""

    __tablename__ = "delivery"
    __table_args__ = (Index("delivery_due", "accepted", "due"),)

    number: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=True))
    id: str = Field(sa_type=Text, unique=True)
    monitor: str = Field(sa_type=Text)
    rule: str = Field(sa_type=Text)
    channel: str = Field(sa_type=Text)
    body: str = Field(sa_type=JsonText)
    created: int = Field(sa_type=BigInteger)
    due: int = Field(sa_type=BigInteger)
    attempts: int
    accepted: int | None = Field(sa_type=BigInteger)
    error: str = Field(sa_type=Text)


class Served(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.ServedRecord`."""

    __tablename__ = "served"
    __table_args__ = (Index("served_alias", "alias", "ended"),)

    id: str = Field(sa_column=Column(Text, primary_key=True))
    alias: str = Field(sa_type=Text)
    replica: int
    host: str = Field(sa_type=Text)
    supervisor: int
    engine_pid: int | None
    url: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    phase: str = Field(sa_type=Text)
    started: int = Field(sa_type=BigInteger)
    ready: int | None = Field(sa_type=BigInteger)
    ended: int | None = Field(sa_type=BigInteger)
    beat: int = Field(sa_type=BigInteger)
    engine: str = Field(sa_type=Text)
    model: str = Field(sa_type=Text)
    digests: str = Field(sa_type=JsonText)
    adapters: str = Field(sa_type=JsonText)
    sampling: str = Field(sa_type=JsonText)
    arguments: str = Field(sa_type=JsonText)
    key_file: str = Field(sa_type=Text)
    log: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    restarts: int


class EngineFigures(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.EngineFiguresRecord`, numbered in the order of writing."""

    __tablename__ = "engine_figures"
    __table_args__ = (Index("engine_figures_at", "alias", "at"),)

    number: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=True))
    served: str = Field(sa_type=Text)
    alias: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)
    figures: str = Field(sa_type=JsonText)


class LoadTest(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.LoadTestRecord`, numbered in the order of writing."""

    __tablename__ = "load_test"
    __table_args__ = (Index("load_test_alias", "alias", "at"),)

    number: int = Field(sa_column=Column(Int64, primary_key=True, autoincrement=True))
    id: str = Field(sa_type=Text, unique=True)
    alias: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)
    manifest: str = Field(sa_type=JsonText)
    summary: str = Field(sa_type=JsonText)


class ModelPrice(_Stored, table=True):
    """Fields as in :class:`~genops.store.records.PriceRecord`."""

    __tablename__ = "model_price"

    alias: str = Field(sa_column=Column(Text, primary_key=True))
    input: float
    output: float
    cached_input: float | None
    source: str = Field(sa_type=Text)
    at: int = Field(sa_type=BigInteger)
    model: str = Field(sa_type=Text)


def _table(name: str) -> Table:
    return _Stored.metadata.tables[name]


metadata = _Stored.metadata
run, run_text, run_tag, span = _table("run"), _table("run_text"), _table("run_tag"), _table("span")
payload, cache_entry, sweep = _table("payload"), _table("cache_entry"), _table("sweep")
component, lock, lock_component = _table("component"), _table("lock"), _table("lock_component")
version, label_move = _table("version"), _table("label_move")
evaluation, sample = _table("evaluation"), _table("sample")
campaign, campaign_try, finding = _table("campaign"), _table("try"), _table("finding")
drift_check, drift_watch = _table("drift_check"), _table("drift_watch")
feedback, monitor, monitored = _table("feedback"), _table("monitor"), _table("monitored")
alert, delivery = _table("alert"), _table("delivery")
served, engine_figures = _table("served"), _table("engine_figures")
load_test, model_price = _table("load_test"), _table("model_price")
