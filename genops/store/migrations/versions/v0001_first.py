"""The first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import sqlite

revision = "0001"
down_revision = None

PUNCTUATION = "!#$&()*+,-./;<=>?@[]^_`{|}~"
INT64 = sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite")


def upgrade() -> None:
    _runs()
    _payloads()
    _components()
    _versions()
    if op.get_bind().dialect.name == "sqlite":
        _search_by_fts5()
    else:
        _search_by_tsvector()


def _runs() -> None:
    op.create_table(
        "run",
        sa.Column("key", INT64, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("trace_id", "chain", "reference", "lock", "mode")),
        sa.Column("origin", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("cost", sa.Float),
        sa.Column("input_tokens", sa.BigInteger, nullable=False),
        sa.Column("output_tokens", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("model_calls", "spans", "dropped")),
        sa.Column("session", sa.Text),
        sa.Column("user", sa.Text),
        sa.Column("inputs", sa.LargeBinary),
        sa.Column("output", sa.LargeBinary),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
    )
    for name in ("chain", "status", "lock"):
        op.create_index(f"run_{name}", "run", [name, "key"])
    for name in ("session", "user", "origin"):
        given = sa.text(f'"{name}" IS NOT NULL')
        op.create_index(f"run_{name}", "run", [name, "key"], sqlite_where=given, postgresql_where=given)
    op.create_table("run_text", _run_key(), sa.Column("text", sa.Text, nullable=False))
    op.create_table("run_tag", sa.Column("tag", sa.Text, primary_key=True), _run_key())
    op.create_index("run_tag_run", "run_tag", ["run"])
    op.create_table(
        "span",
        _run_key(),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("parent", sa.Integer),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("span_id", "path", "kind", "name")),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("input", sa.LargeBinary),
        sa.Column("output", sa.LargeBinary),
        sa.Column("error", sa.Text),
        sa.Column("patch", sa.Text),
        sa.Column("attributes", sa.Text, nullable=False),
    )


def _run_key() -> sa.Column[int]:
    return sa.Column("run", INT64, sa.ForeignKey("run.key", ondelete="CASCADE"), primary_key=True, autoincrement=False)


def _payloads() -> None:
    op.create_table(
        "payload",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "cache_entry",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    sweep = op.create_table(
        "sweep",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.bulk_insert(sweep, [{"id": 1, "count": 0}])


def _components() -> None:
    op.create_table(
        "component",
        sa.Column("digest", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "name", "body")),
    )
    op.create_table("lock", sa.Column("digest", sa.Text, primary_key=True), sa.Column("chain", sa.Text, nullable=False))
    op.create_table(
        "lock_component",
        sa.Column("lock", sa.Text, sa.ForeignKey("lock.digest"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "name", "source")),
        sa.Column("digest", sa.Text, sa.ForeignKey("component.digest"), nullable=False),
        sa.Column("uses", sa.Text, nullable=False),
    )
    op.create_index("lock_component_digest", "lock_component", ["digest"])
    op.create_index("lock_component_name", "lock_component", ["kind", "name"])


def _versions() -> None:
    op.create_table(
        "version",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("lock", sa.Text, sa.ForeignKey("lock.digest"), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("message", "author")),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "label_move",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "name", "label")),
        sa.Column("version", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("message", "author")),
        sa.Column("rollback", sa.Boolean, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_index("label_move_name", "label_move", ["kind", "name", "label"])


def _search_by_fts5() -> None:
    """An external-content index (https://sqlite.org/fts5.html), kept by triggers so that it cannot drift."""
    add = "INSERT INTO run_search(rowid, text) VALUES (new.run, new.text);"
    remove = "INSERT INTO run_search(run_search, rowid, text) VALUES ('delete', old.run, old.text);"
    op.execute(
        "CREATE VIRTUAL TABLE run_search USING fts5(text, content='run_text', content_rowid='run', "
        "tokenize='unicode61 remove_diacritics 2')"
    )
    op.execute(f"CREATE TRIGGER run_text_added AFTER INSERT ON run_text BEGIN {add} END")
    op.execute(f"CREATE TRIGGER run_text_removed AFTER DELETE ON run_text BEGIN {remove} END")
    op.execute(f"CREATE TRIGGER run_text_changed AFTER UPDATE ON run_text BEGIN {remove} {add} END")


def _search_by_tsvector() -> None:
    """Punctuation becomes space first: the parser would keep paths, hosts and addresses as single words."""
    blanks = " " * len(PUNCTUATION)
    op.execute(
        sa.text(
            "ALTER TABLE run_text ADD COLUMN words tsvector GENERATED ALWAYS AS "
            f"(to_tsvector('simple', translate(text, '{PUNCTUATION}', '{blanks}'))) STORED"
        )
    )
    op.execute("CREATE INDEX run_text_words ON run_text USING gin (words)")
