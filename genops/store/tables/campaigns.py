"""Campaigns, their tries and their findings."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text
from sqlmodel import Field

from genops.store.tables.columns import Int64, JsonText, Stored, table


class Campaign(Stored, table=True):
    """Fields as in :class:`~genops.store.records.campaigns.CampaignRecord`; keyed by the start, as runs are."""

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


class CampaignTry(Stored, table=True):
    """Fields as in :class:`~genops.store.records.campaigns.TryRecord`; the text as JSON, for lone surrogates."""

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


class CampaignFinding(Stored, table=True):
    """Fields as in :class:`~genops.store.records.campaigns.FindingRecord`; texts as JSON, for lone surrogates."""

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


campaign = table("campaign")
campaign_try = table("try")
finding = table("finding")
