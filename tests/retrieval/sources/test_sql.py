import sqlite3

import pytest

from genops.errors import DefinitionError, InputError, Unfinished
from tests.store.conftest import new_postgres, postgres_server  # noqa: F401 - fixtures

FIELDS = {"id": "id", "text": ["title", "body"], "title": "title"}


@pytest.fixture
def faq(tmp_path):
    """An SQLite database of the project."""
    with sqlite3.connect(tmp_path / "faq.db") as connection:
        connection.execute("create table faq (id integer, title text, body text, year, open, changed, noise blob)")
        connection.executemany(
            "insert into faq values (?, ?, ?, ?, ?, ?, ?)",
            [
                (1, "One", "first\r\nline", 2020, 1, "2026-01-02", b"x"),
                (2, None, "second", None, 0, None, b"x"),
            ],
        )
    connection.close()
    return {"url": "sqlite:///faq.db", "sql": "select * from faq order by id", **FIELDS}


def test_each_row_is_a_document(faq, read):
    one, two = read({**faq, "metadata": {"year": "int", "open": "bool"}, "modified": "changed", "ttl": "1d"})
    assert (one.id, one.uri, one.title) == ("sqlite:///faq.db#1", "sqlite:///faq.db", "One")
    assert one.text == "One\n\nfirst\nline"
    assert one.metadata == {"year": 2020, "open": True}
    assert (one.modified, one.ttl) == (1767312000 * 10**9, 86400)
    assert (two.id, two.title, two.text) == ("sqlite:///faq.db#2", "", "second")
    assert (two.metadata, two.modified) == ({"open": False}, None)


def test_rows_are_always_read_and_their_entry_has_a_lasting_key(faq, scanned):
    (entry,) = scanned(faq).entries
    assert entry.stamp is None
    assert entry == scanned(faq).entries[0]
    assert len(scanned(faq, {**faq, "sql": "select 1 as id"}, {**faq, "text": "body"}, faq).entries) == 3


def test_what_looks_like_a_parameter_in_the_query_is_text(faq, read):
    (document,) = read({**faq, "sql": "select 1 as id, 't' as title, 'at 12:30, 100% :x' as body"})
    assert document.text == "t\n\nat 12:30, 100% :x"


def test_rows_stream(faq, scanned):
    endless = "with recursive n(id) as (select 1 union all select id + 1 from n) select id, 't' title, 'x' body from n"
    pairs = scanned({**faq, "sql": endless}).read_all()
    assert [next(pairs)[1].id for _ in range(3)][-1] == "sqlite:///faq.db#3"
    pairs.close()


def test_a_query_changes_nothing(faq, read, tmp_path):
    with pytest.raises(DefinitionError):
        read({**faq, "sql": "delete from faq"})
    assert len(read(faq)) == 2


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"text": "boddy"}, DefinitionError, r"faq\.db: the query gives no column 'boddy'\n.*did you mean body"),
        ({"sql": "select 1 as id, 2 as id"}, DefinitionError, "the query gives two columns 'id'"),
        ({"sql": "selec 1"}, DefinitionError, 'the query is refused: near "selec": syntax error'),
        ({"sql": "select * from absent"}, DefinitionError, "the query is refused: no such table: absent"),
        ({"text": "noise"}, InputError, "row 1: field 'noise' is b'x', not text"),
        ({"metadata": {"changed": "int"}}, InputError, "row 1: field 'changed' is '2026-01-02', not int"),
        ({"sql": "select 1 as id, 't' title, 'x' body union all select 1, 't', 'y'"}, InputError, "row 2: the id '1'"),
        ({"url": "sqlite:///none.db"}, DefinitionError, r"none\.db: there is no such database"),
        ({"url": "faq.db"}, DefinitionError, "`url` of an SQL source cannot be read"),
        ({"url": "oracle+nothing://host/db"}, DefinitionError, "no driver for 'oracle[+]nothing' is installed"),
        ({"id": None}, DefinitionError, "names no column as `id`"),
        ({"text": None}, DefinitionError, "names no column as `text`"),
        ({"metadata": ["my field"]}, DefinitionError, "is not an identifier"),
    ],
)
def test_what_is_wrong_is_said_with_its_source(faq, read, tmp_path, changes, error, message):
    with pytest.raises(error, match=message):
        read({**faq, **changes})
    assert not (tmp_path / "none.db").exists()


def test_the_url_may_be_in_the_environment(faq, read, monkeypatch):
    source = {key: value for key, value in faq.items() if key != "url"} | {"url_env": "FAQ_URL"}
    with pytest.raises(DefinitionError, match="the environment variable FAQ_URL is not set"):
        read(source)
    monkeypatch.setenv("FAQ_URL", "sqlite:///faq.db")
    assert [document.id for document in read(source)] == ["$FAQ_URL#1", "$FAQ_URL#2"]


def test_a_password_in_the_settings_is_refused_and_not_shown(faq, scanned):
    for url in ("postgresql://me:hunter2@host/db", "postgresql://host/db?password=hunter2"):
        with pytest.raises(DefinitionError, match="`url` of an SQL source holds a password") as caught:
            scanned({**faq, "url": url})
        assert "hunter2" not in str(caught.value)


def test_a_database_that_cannot_be_reached_is_named_without_its_password(faq, read, monkeypatch):
    source = {key: value for key, value in faq.items() if key != "url"} | {"url_env": "FAQ_URL"}
    monkeypatch.setenv("FAQ_URL", "postgresql://me:hunter2@127.0.0.1:1/db?connect_timeout=2")
    with pytest.raises(Unfinished, match=r"\$FAQ_URL: the database cannot be reached: connection failed") as caught:
        read(source)
    assert "hunter2" not in str(caught.value)
    monkeypatch.setenv("FAQ_URL", "postgresql:/me:hunter2")
    with pytest.raises(DefinitionError, match=r"\$FAQ_URL cannot be read as a database's URL") as caught:
        read(source)
    assert "hunter2" not in str(caught.value)


@pytest.mark.postgres
def test_rows_of_postgresql_stream_with_their_types(new_postgres, read, scanned):  # noqa: F811
    url = new_postgres()
    types = (
        "select n as id, 'text ' || n as body, array['a', 'b'] as tags, n / 4.0 as score, 7::numeric as whole,"
        " true as open, timestamptz '2026-01-02 00:00:00+00' as changed, date '2026-01-02' as day,"
        " '00000000-0000-0000-0000-000000000001'::uuid as key, '100%' as share"
        " from (select generate_series(1, {}) as n) s"
    )
    names = ["tags", "score", "whole", "open", "day", "key", "share"]
    source = {"url": url, "id": "id", "text": "body", "metadata": names, "modified": "changed"}
    one, _ = read({**source, "sql": types.format(2)})
    assert one.metadata == {
        "tags": ["a", "b"],
        "score": 0.25,
        "whole": 7,
        "open": True,
        "day": "2026-01-02",
        "key": "00000000-0000-0000-0000-000000000001",
        "share": "100%",
    }
    assert one.modified == 1767312000 * 10**9
    pairs = scanned({**source, "sql": types.format(10**9)}).read_all()
    assert next(pairs)[1].text == "text 1"
    pairs.close()
    with pytest.raises(DefinitionError, match='the query is refused: relation "absent" does not exist'):
        read({**source, "sql": "select * from absent"})
