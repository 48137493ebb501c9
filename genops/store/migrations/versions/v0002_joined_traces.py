"""Runs that joined a trace are found by its id."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    joined = sa.text("trace_id <> id")
    op.create_index("run_trace_id", "run", ["trace_id", "key"], sqlite_where=joined, postgresql_where=joined)
