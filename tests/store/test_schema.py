from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from genops.errors import StoreError
from genops.store import Store
from genops.store.engine import make_engine, make_file, parse_url, writing
from genops.store.schema import HEAD
from genops.store.tables.whole import metadata

OPEN = "import sys; from genops.store import Store; Store.open(sys.argv[1]).close(); print('alembic' in sys.modules)"


def opened_in_a_process(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", OPEN, url], stdout=subprocess.PIPE, text=True)


def test_tables_that_a_run_does_not_touch_are_declared_when_they_are_first_used(tmp_path: Path) -> None:
    look = "sorted({'campaign', 'feedback'} & Stored.metadata.tables.keys())"
    code = (
        "import sys\nfrom genops.store import Store, tables\nfrom genops.store.tables.columns import Stored\n"
        f"store = Store.open_for_runs(sys.argv[1])\nprint({look})\nstore.campaigns()\nprint({look})\nstore.close()"
    )
    Store.open(f"sqlite:///{tmp_path}/made.db").close()
    command = [sys.executable, "-c", code, f"sqlite:///{tmp_path}/made.db"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n['campaign']\n"


def test_the_newest_migration_is_the_head_that_opening_looks_for() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "genops.store:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_migrations_make_what_the_tables_say(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    search = {"run_search", "run_search_data", "run_search_idx", "run_search_docsize", "run_search_config"}

    def described(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        return name not in search | {"words", "run_text_words"}

    with store._engine.connect() as connection:
        options = {"include_object": described, "compare_type": False}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


@pytest.mark.slow
def test_a_store_at_head_is_opened_without_alembic(url: str) -> None:
    for loads_alembic in ("True\n", "False\n"):
        process = opened_in_a_process(url)
        assert process.communicate(timeout=60)[0] == loads_alembic


@pytest.mark.slow
def test_processes_that_start_at_once_migrate_once(url: str) -> None:
    processes = [opened_in_a_process(url) for _ in range(4)]
    assert [process.wait(timeout=60) for process in processes] == [0] * 4
    with Store.open(url) as store:
        assert store.counts().runs == 0
        with store._engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM alembic_version").scalar() == 1
            assert connection.exec_driver_sql("SELECT count(*) FROM sweep").scalar() == 1


def test_an_older_store_is_brought_to_this_schema_when_it_is_opened(url: str) -> None:
    with Store.open(url) as store, store._engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX run_trace_id")
        for table in (
            "served",
            "engine_figures",
            "load_test",
            "model_price",
            "delivery",
            "alert",
            "monitored",
            "monitor",
            "feedback",
            "drift_watch",
            "drift_check",
            "finding",
            "try",
            "campaign",
            "sample",
            "evaluation",
        ):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    with Store.open(url) as store:
        assert "run_trace_id" in {index["name"] for index in inspect(store._engine).get_indexes("run")}
        assert store.evaluations() == []


def test_a_store_of_a_newer_genops_is_refused(url: str) -> None:
    with Store.open(url) as store, store._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer genops") as refused:
        Store.open(url)
    assert "upgrade genops" in str(refused.value)


def test_full_text_search_stands_on_the_databases_own_index(store: Store) -> None:
    with store._engine.connect() as connection:
        if store._engine.dialect.name == "sqlite":
            assert "run_search" in inspect(connection).get_table_names()
        else:
            indexes = connection.exec_driver_sql("SELECT indexdef FROM pg_indexes WHERE tablename = 'run_text'")
            assert any("USING gin (words)" in row.indexdef for row in indexes)


def test_tries_from_before_cases_were_drawn_are_of_the_only_one(url: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "genops.store:migrations")
    config.set_main_option("path_separator", "os")
    engine = make_engine(parse_url(url), 5.0)
    make_file(parse_url(url))
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
        connection.execute(
            text("INSERT INTO campaign VALUES (1, 'c1', 'attacks', 'm', '{}', 1, NULL, 'running', '{}')")
        )
        values = "1, 0, 'sweep', 'says', 'say', 'input', '[]', 'safe', '', '{}', '{}', '[]', 0, 0, '\"\"'"
        connection.execute(text(f"INSERT INTO try VALUES ({values})"))
    engine.dispose()
    with Store.open(url) as store:
        (made,) = store.tries("c1")
        assert (made.seed, made.case, made.field) == ("say", "", "")
