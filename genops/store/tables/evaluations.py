"""Evaluations and their samples."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text
from sqlmodel import Field

from genops.store.tables.columns import Digest, Int64, JsonText, Stored, table


class Evaluation(Stored, table=True):
    """Fields as in :class:`~genops.store.records.evaluations.EvalRecord`; keyed by the start, as runs are."""

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


class EvaluatedSample(Stored, table=True):
    """Fields as in :class:`~genops.store.records.evaluations.SampleRecord`."""

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


evaluation = table("evaluation")
sample = table("sample")
