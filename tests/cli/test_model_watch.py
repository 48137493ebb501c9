"""``genops model watch``: what servers say, in a table or as JSON; one that says nothing is no 0."""

import json

import pytest

from tests.servers.engine import Engine


@pytest.fixture
def engine(site):
    with Engine() as engine:
        with (site / "genops.toml").open("a") as settings:
            settings.write(f'\n[models.local]\nmodel = "openai/tiny"\nbase_url = "{engine.url}"\n')
            settings.write('\n[models.away]\nmodel = "openai/tiny"\nbase_url = "http://127.0.0.1:9/v1"\n')
        yield engine


def test_the_table_has_every_figure_and_a_dash_for_what_is_not_known(engine, genops):
    shown = genops("model", "watch", "local", "--once", "--every", "0.1").out
    assert "running" in shown
    rows = {line[:18].strip(): line[18:].split() for line in shown.splitlines()}
    assert rows["state"] == ["ok"]
    assert rows["first token p95"] == ["-"]
    assert rows["output tokens"][0] == "0.00"
    assert "rejected" not in rows


def test_json_has_each_figure_with_its_unit_or_why_there_is_none(engine, genops):
    (look,) = json.loads(genops("model", "watch", "local", "--once", "--every", "0.1", "--json").out)
    assert look["state"] == "ok"
    assert look["figures"]["kv_usage"]["unit"] == "share"
    assert look["figures"]["ttft_p95"]["value"] is None
    assert look["figures"]["ttft_p95"]["missing"] == "nothing was observed"


def test_a_server_that_does_not_answer_is_told_and_ends_with_4(engine, genops):
    done = genops("model", "watch", "away", "--once", "--every", "0.1", code=4)
    assert "unreachable" in done.out
    assert "running" not in done.out
    assert "no answer from http://127.0.0.1:9/metrics" in done.err


def test_an_alias_that_is_not_there_is_told_with_the_nearest(engine, genops):
    assert "local" in genops("model", "watch", "lokal", "--once", code=2).err
