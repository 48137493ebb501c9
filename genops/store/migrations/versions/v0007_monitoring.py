"""Monitoring: sampled traces with their scores, feedback, where rules stand, and messages that wait to be accepted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0007"
down_revision = "0006"

INT64 = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("number", INT64, primary_key=True, autoincrement=True),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("comment", "author")),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_index("feedback_run", "feedback", ["run"])
    op.create_index("feedback_created", "feedback", ["created"])
    op.create_table(
        "monitor",
        sa.Column("monitor", sa.Text, primary_key=True),
        sa.Column("manifest", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("began", "cursor", "seen", "updated")),
        sa.Column("latest", sa.Text, nullable=False),
    )
    op.create_table(
        "monitored",
        sa.Column("monitor", sa.Text, primary_key=True),
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("manifest", sa.Text, nullable=False),
        sa.Column("stratum", sa.Text, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("scores", "judged")),
    )
    op.create_index("monitored_started", "monitored", ["monitor", "started"])
    op.create_table(
        "alert",
        sa.Column("monitor", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("since", "looked")),
        sa.Column("said", sa.Text, nullable=False),
        *(sa.Column(name, sa.BigInteger) for name in ("told", "silenced")),
        sa.Column("pending", sa.Text, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("measure", sa.Text, nullable=False),
    )
    op.create_table(
        "delivery",
        sa.Column("number", INT64, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("monitor", "rule", "channel", "body")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("created", "due")),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("accepted", sa.BigInteger),
        sa.Column("error", sa.Text, nullable=False),
    )
    op.create_index("delivery_due", "delivery", ["accepted", "due"])
