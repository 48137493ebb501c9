"""Serving: servers of models, the figures of their engines, load tests, and prices that follow from them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0008"
down_revision = "0007"

INT64 = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "served",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("replica", sa.Integer, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("supervisor", sa.Integer, nullable=False),
        sa.Column("engine_pid", sa.Integer),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("url", "state", "phase")),
        sa.Column("started", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.BigInteger) for name in ("ready", "ended")),
        sa.Column("beat", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("engine", "model", "digests", "adapters", "sampling")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("arguments", "key_file", "log", "reason")),
        sa.Column("restarts", sa.Integer, nullable=False),
    )
    op.create_index("served_alias", "served", ["alias", "ended"])
    op.create_table(
        "engine_figures",
        sa.Column("number", INT64, primary_key=True, autoincrement=True),
        sa.Column("served", sa.Text, nullable=False),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
    )
    op.create_index("engine_figures_at", "engine_figures", ["alias", "at"])
    op.create_table(
        "load_test",
        sa.Column("number", INT64, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("alias", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("manifest", "summary")),
    )
    op.create_index("load_test_alias", "load_test", ["alias", "at"])
    op.create_table(
        "model_price",
        sa.Column("alias", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("input", "output")),
        sa.Column("cached_input", sa.Float),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
    )
