"""Campaigns: fuzz runs, their tries and findings."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0004"
down_revision = "0003"

INT64 = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("key", INT64, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("campaign", "manifest", "body")),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("status", "verdict")),
    )
    for name in ("campaign", "manifest"):
        op.create_index(f"campaign_{name}", "campaign", [name, "key"])
    op.create_table(
        "try",
        _campaign(),
        sa.Column("number", INT64, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("phase", "objective", "seed", "surface", "mutations")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("outcome", "run", "error", "scores", "features")),
        sa.Column("cost", sa.Float),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "finding",
        _campaign(),
        sa.Column("number", INT64, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("id", "objective", "severity", "seed", "surface")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("start", "mutations", "text", "run", "step", "label")),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("minimal", sa.Boolean, nullable=False),
    )
    op.create_index("finding_id", "finding", ["id"])


def _campaign() -> sa.Column[int]:
    key = sa.ForeignKey("campaign.key", ondelete="CASCADE")
    return sa.Column("campaign", INT64, key, primary_key=True, autoincrement=False)
