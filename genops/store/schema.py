"""Bringing a database to this version's schema. Alembic is imported only when there is something to do."""

from __future__ import annotations

import threading

from sqlalchemy import Connection, Engine, inspect, text

from genops.errors import StoreError
from genops.store.engine import exclude, reading, writing

HEAD = "0009"
_MIGRATION_LOCK = 0x67656E6F7073
_one_at_a_time = threading.Lock()  # Alembic keeps its context in globals


def ensure_schema(engine: Engine) -> None:
    """Migrates the database when it is not at :data:`HEAD`. Safe when several processes do it at once.

    Raises:
        StoreError: The database cannot be read, or was written by a newer genops.
    """
    with reading(engine) as connection:
        if _revision(connection) == HEAD:
            return
    with writing(engine) as connection:
        exclude(connection, _MIGRATION_LOCK)
        found = _revision(connection)
        if found != HEAD:
            _migrate(connection, found)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _migrate(connection: Connection, found: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "genops.store:migrations")
    config.set_main_option("path_separator", "os")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise StoreError(
            f"the store was written by a newer genops (schema {found}; this one knows {HEAD})",
            hint="upgrade genops, or set `store` to another database",
        )
    config.attributes["connection"] = connection
    with _one_at_a_time:
        command.upgrade(config, "head")
