"""What goes wrong with a backend is one error that says what to do, and never shows a password."""

import socket
import subprocess
import sys

import psycopg
import pytest

from genops.errors import DefinitionError, ExitCode, Unfinished
from genops.retrieval import build_index, open_index
from tests.retrieval.backends.projects import notes, settings_of
from tests.store.conftest import new_postgres, postgres_server

__all__ = ["new_postgres", "postgres_server"]


@pytest.fixture
def closed_port():
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.mark.parametrize("scheme", ["postgresql://genops@{}/x", "qdrant+http://{}"])
def test_a_server_that_is_away(tmp_path, closed_port, scheme):
    url = scheme.format(f"127.0.0.1:{closed_port}")
    for work in (open_index, lambda settings, name: build_index(settings, name, notes("Whales."))):
        with pytest.raises(Unfinished) as caught:
            work(settings_of(tmp_path, url), "docs")
        assert f"127.0.0.1:{closed_port}" in str(caught.value)
        assert "check that the server runs" in str(caught.value)
        assert caught.value.exit_code == ExitCode.UNFINISHED


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgresql://u:s3cret@host/x", "holds a password"),
        ("postgresql://u@host/x?password=s3cret", "holds a password"),
        ("qdrant+https://:s3cret@host:6333", "holds a password"),
        ("postgresql://u@host:port/x", "cannot be read as a URL|invalid"),
        ("qdrant+http://", "cannot be read as a URL"),
        ("qdrant+http://host:port", "cannot be read as a URL"),
        ("mysql://host/x", "is no backend"),
        ("pgvector", "is no backend"),
    ],
)
def test_a_url_that_cannot_be_used(tmp_path, url, words):
    with pytest.raises((DefinitionError, Unfinished), match=words) as caught:
        open_index(settings_of(tmp_path, url), "docs")
    assert "s3cret" not in str(caught.value)


def test_a_url_in_the_environment(tmp_path, monkeypatch):
    settings = settings_of(tmp_path, "faiss", backend_env="INDEX_URL")
    with pytest.raises(DefinitionError, match="INDEX_URL is not set"):
        open_index(settings, "docs")
    monkeypatch.setenv("INDEX_URL", f"qdrant+path:{tmp_path / 'qdrant'}")
    build_index(settings, "docs", notes("Whales."))
    assert (tmp_path / "qdrant").is_dir()
    assert open_index(settings, "docs").search("whales", 1)


def test_a_url_and_a_variable_are_one_too_many(tmp_path):
    with pytest.raises(ValueError, match="either backend or backend_env"):
        settings_of(tmp_path, "qdrant+path:q", backend_env="INDEX_URL")


@pytest.mark.parametrize(("module", "url"), [("qdrant_client", "qdrant+path:q"), ("psycopg", "postgresql://h/x")])
def test_a_client_that_is_not_installed_names_the_extra(tmp_path, monkeypatch, module, url):
    monkeypatch.setitem(sys.modules, module, None)
    extra = "qdrant" if "qdrant" in module else "postgres"
    with pytest.raises(DefinitionError, match=rf"pip install 'genops\[{extra}\]'"):
        open_index(settings_of(tmp_path / "project", f"{url}-{extra}"), "docs")


def test_clients_are_loaded_for_backends_alone(tmp_path):
    code = (
        "import sys, pathlib\nfrom genops.retrieval import build_index, open_index\n"
        "from tests.retrieval import hashing\nfrom tests.retrieval.backends.projects import notes, settings_of\n"
        "hashing.register()\nsettings = settings_of(pathlib.Path(sys.argv[1]), 'faiss')\n"
        "build_index(settings, 'docs', notes('Whales.'))\nopen_index(settings, 'docs').search('whales', 1)\n"
        "print(*{'psycopg', 'qdrant_client'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_a_folder_that_another_process_has(tmp_path):
    folder = tmp_path / "qdrant"
    code = (
        "import sys\nfrom qdrant_client import QdrantClient\nclient = QdrantClient(path=sys.argv[1])\n"
        "print('open', flush=True)\nsys.stdin.read()\nclient.close()"
    )
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "open\n"
        with pytest.raises(Unfinished, match="in use by another process"):
            open_index(settings_of(tmp_path, f"qdrant+path:{folder}"), "docs")
        other.stdin.close()


@pytest.mark.postgres
def test_a_wrong_password_is_not_shown(tmp_path, new_url, pgvector_server, monkeypatch):
    url = new_url("postgresql")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE guarded SUPERUSER LOGIN PASSWORD 'right'")
        access = pgvector_server / "data" / "pg_hba.conf"
        access.write_text("local all guarded scram-sha-256\n" + access.read_text())
        connection.execute("SELECT pg_reload_conf()")
    settings = settings_of(tmp_path, "faiss", backend_env="INDEX_URL")
    monkeypatch.setenv("INDEX_URL", url.replace("genops@", "guarded:wr0ng@"))
    with pytest.raises(Unfinished, match="password authentication failed") as caught:
        open_index(settings, "docs")
    assert "wr0ng" not in str(caught.value)
    monkeypatch.setenv("INDEX_URL", url.replace("genops@", "guarded:right@"))
    build_index(settings, "docs", notes("Whales."))


@pytest.mark.postgres
def test_a_server_without_pgvector(tmp_path, new_postgres):
    settings = settings_of(tmp_path, new_postgres())
    with pytest.raises(Unfinished, match=r"(?s)extension \"vector\" is not available.*install pgvector"):
        build_index(settings, "docs", notes("Whales."))


@pytest.mark.postgres
def test_a_user_without_rights(tmp_path, new_url):
    url = new_url("postgresql")
    build_index(settings_of(tmp_path / "builder", url), "docs", notes("Whales."))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE reading LOGIN")
    reader = settings_of(tmp_path / "reader", url.replace("genops@", "reading@"))
    with pytest.raises(Unfinished, match=r"(?s)permission denied.*SELECT in genops_index"):
        open_index(reader, "docs")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("GRANT USAGE ON SCHEMA genops_index TO reading")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA genops_index TO reading")
    assert open_index(reader, "docs").search("whales", 1)
    with pytest.raises(Unfinished, match="permission denied"):
        build_index(reader, "docs", notes("Bread."))
