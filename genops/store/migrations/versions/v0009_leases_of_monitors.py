"""A monitor forgets what is older than it keeps, and one process at a time scores for it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for name in ("kept", "lease"):
        op.add_column("monitor", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
