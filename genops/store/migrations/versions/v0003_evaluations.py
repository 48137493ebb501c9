"""Evaluations: runs of suites, and their samples."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0003"
down_revision = "0002"

INT64 = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "evaluation",
        sa.Column("key", INT64, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("suite", "name", "manifest", "body")),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("status", "verdict")),
    )
    for name in ("suite", "manifest"):
        op.create_index(f"evaluation_{name}", "evaluation", [name, "key"])
    op.create_table(
        "sample",
        sa.Column(
            "evaluation",
            INT64,
            sa.ForeignKey("evaluation.key", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("number", INT64, primary_key=True, autoincrement=False),
        sa.Column("case", sa.Text, nullable=False),
        sa.Column("case_number", sa.BigInteger, nullable=False),
        sa.Column("variant", sa.Text, nullable=False),
        sa.Column("repeat", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("status", "run")),
        sa.Column("output", sa.LargeBinary),
        sa.Column("error", sa.Text),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("cost", sa.Float),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("input_tokens", "output_tokens")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("scores", "judged", "pairs")),
        sa.Column("reused", sa.Boolean, nullable=False),
    )
    op.create_index("sample_output", "sample", ["output"])
