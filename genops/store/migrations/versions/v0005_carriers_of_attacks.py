"""Tries and findings say which harmless case carried an attack, and which field it was written into."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for table in ("try", "finding"):
        for name in ("case", "field"):
            op.add_column(table, sa.Column(name, sa.Text, nullable=False, server_default=""))
