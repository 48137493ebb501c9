"""The command line on a PostgreSQL store, which ``GENOPS_STORE`` names."""

import json

import psycopg
import pytest

from tests.cli.test_fuzz import campaign
from tests.store.conftest import new_postgres, postgres_server

__all__ = ["campaign", "new_postgres", "postgres_server"]

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(new_postgres, site, monkeypatch):
    """URL of an empty database, in force."""
    url = new_postgres()
    monkeypatch.setenv("GENOPS_STORE", url)
    return url


def test_runs_are_recorded_found_shown_compared_replayed_exported_and_deleted(genops, store, site):
    assert genops("trace", "list").out == ""
    first = genops("run", "pair", "-i", "what=pears", "--tag", "t").trace
    other = genops("run", "pair", "-i", "what=apples").trace
    failed = genops("run", "raw", "-i", "text=fail", code=4).trace
    assert not (site / ".genops" / "genops.db").exists()
    listed = json.loads(genops("trace", "list", "--json").out)
    assert [run["id"][:12] for run in listed] == [failed, other, first]
    for option, value, wanted in (("--text", "pears", first), ("--tag", "t", first), ("--status", "error", failed)):
        (found,) = json.loads(genops("trace", "list", "--json", option, value).out)
        assert found["id"].startswith(wanted)
    assert genops("trace", "show", first[:8]).out == genops("trace", "show", "last~2").out
    assert "both" in genops("trace", "show", first, "--full").out
    assert "pears" in genops("trace", "diff", first, other).out
    assert genops("trace", "replay", first).out.startswith("identical: 2 effects injected, 0 live\n")
    assert "did you mean" not in genops("trace", "show", "ffffffff", code=2).err
    (line,) = genops("trace", "export", first).out.splitlines()
    assert json.loads(line)["run"]["id"].startswith(first)
    genops("trace", "delete", first, "--yes")
    genops("trace", "prune", "--before", "0s", "--keep", 1, "--yes")
    assert len(json.loads(genops("trace", "list", "--json").out)) == 1


def test_versions_are_published_labelled_and_rolled_back(genops, store, site):
    assert genops("prompt", "publish", "say", "-m", "first").out == "say@1\n"
    (site / "prompts" / "say.prompt").write_text("---\ninputs: {what: str, loud: bool}\n---\nSay {{ what }}, please\n")
    assert genops("prompt", "publish", "say", "-m", "second").out == "say@2\n"
    genops("prompt", "label", "say@1", "live")
    genops("prompt", "label", "say@2", "live")
    assert genops("prompt", "rollback", "say", "live").out == "say@live -> say@1\n"
    found = json.loads(genops("prompt", "log", "say", "--json").out)
    assert [version["message"] for version in found["versions"]] == ["second", "first"]
    genops("chain", "publish", "say", "-m", "whole")
    assert genops("run", "say@1", "-i", "what=x").out == "you said x, please\n"
    trace = genops("run", "say", "-i", "what=x").trace
    swapped = genops("trace", "replay", trace, "--swap", "prompt:say@live", code=1)
    assert swapped.out.startswith("differs: 0 effects injected, 1 live\n")


def test_a_batch_is_run_and_resumed(genops, store, site):
    rows = "".join(json.dumps({"text": text}) + "\n" for text in ("Say a", "fail", "Say b"))
    (site / "rows.jsonl").write_text(rows)
    assert "2 rows done, 1 failed" in genops("batch", "raw", "--inputs", "rows.jsonl", "--out", "o", code=4).err
    (site / "talker.yaml").write_text("rules: [{text: now}]\n")
    assert (
        "1 row done, 0 failed, 2 done before"
        in genops("batch", "raw", "--inputs", "rows.jsonl", "--out", "o", "--resume").err
    )
    assert len(json.loads(genops("trace", "list", "--json").out)) == 4


def test_doctor_shows_the_store_without_its_password(genops, store, monkeypatch):
    monkeypatch.setenv("GENOPS_STORE", store.replace("genops@", "genops:s3cret@"))
    out = genops("doctor", code=1).out
    assert "ok       store postgresql" in out
    assert "s3cret" not in out


@pytest.fixture
def guarded(postgres_server, new_postgres):
    """URL of a database whose user needs the password ``right``, which is not in it."""
    url = new_postgres()
    with psycopg.connect(f"host={postgres_server} user=genops dbname=postgres", autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS guarded")
        connection.execute("CREATE ROLE guarded SUPERUSER LOGIN PASSWORD 'right'")
        access = postgres_server / "data" / "pg_hba.conf"
        rule = "local all guarded scram-sha-256\n"
        if rule not in access.read_text():
            access.write_text(rule + access.read_text())
        connection.execute("SELECT pg_reload_conf()")
    return url.replace("genops@", "guarded:{}@")


READERS = (["trace", "list"], ["trace", "show", "last"], ["trace", "replay", "last"], ["prompt", "log", "say"])


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_a_wrong_password_is_one_error(command, genops, guarded, monkeypatch):
    monkeypatch.setenv("GENOPS_STORE", guarded.format("wr0ng"))
    done = genops(*command, code=4)
    error, *rest = done.err.splitlines()
    assert error.startswith("error: the store postgresql")
    assert "password authentication failed" in error
    assert rest == ["  check user and password in the store's URL"]
    assert "wr0ng" not in done.out + done.err


def test_the_right_password_opens(genops, guarded, monkeypatch):
    monkeypatch.setenv("GENOPS_STORE", guarded.format("right"))
    assert genops("trace", "list").out == ""


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_a_server_that_is_down_is_one_error(command, genops, monkeypatch):
    monkeypatch.setenv("GENOPS_STORE", "postgresql://genops:s3cret@127.0.0.1:9/genops")
    done = genops(*command, code=4)
    error, *rest = done.err.splitlines()
    assert error.startswith("error: the store postgresql")
    assert rest == ["  check that the server runs and that the store's URL is right"]
    assert "s3cret" not in done.out + done.err


def test_a_database_that_is_not_there_is_one_error(genops, store, monkeypatch):
    monkeypatch.setenv("GENOPS_STORE", store.replace("/test_", "/no_such_"))
    err = genops("trace", "list", code=4).err
    assert "does not exist" in err
    assert len(err.splitlines()) == 2


def test_a_campaign_is_run_resumed_compared_reproduced_and_deleted(genops, campaign, store, site):
    campaign(budget={"tokens": 500})
    genops("fuzz", "run", "attacks", code=1)
    campaign()
    whole = genops("fuzz", "run", "attacks", "--resume", "--json", code=1).out
    assert not (site / ".genops" / "genops.db").exists()
    assert genops("fuzz", "show", "--json").out == whole
    genops("fuzz", "run", "attacks", code=1)
    first, second = (
        json.loads(genops("fuzz", "show", name, "--json").out) for name in ("last", json.loads(whole)["id"])
    )
    assert [found["id"] for found in first["findings"]] == [found["id"] for found in second["findings"]]
    assert json.loads(genops("fuzz", "compare", second["id"], "last", "--json").out)
    genops("fuzz", "repro", first["findings"][0]["id"], code=1)
    genops("fuzz", "delete", second["id"], "last")
    assert genops("fuzz", "list", "--json").out == "[]\n"
