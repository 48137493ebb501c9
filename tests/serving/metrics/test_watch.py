"""A watch over real servers: what they say is kept; one that is away, anew or talks nonsense is shown as such."""

import asyncio
import time

import aiohttp
import pytest

from genops.errors import UsageError
from genops.serving.metrics.watch import Watch
from genops.settings import ModelAlias, Settings
from genops.store import Store
from genops.store.records.serving import EngineFiguresRecord
from genops.vllm_settings import VllmSettings
from tests.servers.engine import Engine
from tests.servers.served import served


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'genops.db'}") as store:
        yield store


@pytest.fixture
def engine():
    with Engine(first=0.0, gap=0.0) as engine:
        yield engine


def settings_for(url):
    return Settings(models={"local": ModelAlias(model="openai/tiny", base_url=url)})


async def asked(engine, times):
    async with aiohttp.ClientSession() as session:
        for _ in range(times):
            body = {"messages": [{"role": "user", "content": "one two three"}], "max_tokens": 5}
            async with session.post(f"{engine.url}/chat/completions", json=body) as answer:
                await answer.read()


async def test_figures_are_of_what_was_asked_between_two_looks_and_are_kept(store, engine):
    watch = Watch(settings_for(engine.url), store, "local")
    (first,) = await watch.look()
    assert first.window.seconds is None
    await asked(engine, 10)
    (look,) = await watch.look()
    assert (look.state, look.restarts) == ("ok", 0)
    figures = look.figures
    assert figures["output_tokens"].value == pytest.approx(50 / look.window.seconds)
    assert figures["input_tokens"].n == 30
    assert figures["ttft_p50"].n == 10
    assert figures["inter_token_p50"].n == 40
    assert figures["failed"].value == 0
    kept = store.engine_figures("local")
    assert len(kept) == 2
    assert kept[0].figures["requests"] is None
    assert kept[0].figures["requests_total"] == 0
    assert kept[1].figures["requests"] == figures["requests"].value
    assert (kept[1].figures["requests_total"], kept[1].figures["ttft_count"]) == (10, 10)
    assert kept[1].figures["running"] == 0


async def test_an_engine_that_starts_anew_is_told_and_its_counts_are_not_taken_for_less(store, engine):
    watch = Watch(settings_for(engine.url), store, "local")
    await watch.look()
    await asked(engine, 5)
    await watch.look()
    engine.restart()
    await asked(engine, 2)
    (look,) = await watch.look()
    assert look.restarts == 1
    assert look.figures["output_tokens"].value is None
    await asked(engine, 3)
    (look,) = await watch.look()
    assert (look.restarts, look.figures["requests"].n) == (1, 3)


async def test_a_window_goes_no_further_back_than_asked(store, engine):
    watch = Watch(settings_for(engine.url), store, "local", span=1.0)
    await watch.look()
    await asked(engine, 5)
    await asyncio.sleep(1.5)
    await watch.look()
    await asked(engine, 2)
    (look,) = await watch.look()
    assert look.figures["requests"].n == 2


async def test_a_server_that_is_away_has_no_figures(store, engine):
    watch = Watch(settings_for("http://127.0.0.1:9/v1"), store, "local")
    (look,) = await watch.look()
    assert (look.state, look.figures) == ("unreachable", {})
    assert "127.0.0.1:9" in look.why
    kept = store.engine_figures()[0].figures
    assert kept["state"] == "unreachable"
    assert "running" not in kept


@pytest.mark.parametrize(
    ("text", "status", "state"),
    [
        ("<html>hello</html>", 200, "nonsense"),
        ("node_load1 0.5\n", 200, "nonsense"),
        ("x", 404, "no metrics"),
        ("x", 501, "no metrics"),
        ("x", 401, "unreachable"),
    ],
)
async def test_an_answer_that_is_none_is_named(store, engine, text, status, state):
    engine.metrics_text, engine.metrics_status = text, status
    (look,) = await Watch(settings_for(engine.url), store, "local").look()
    assert (look.state, look.figures) == (state, {})
    assert look.why


async def test_every_server_that_genops_serves_is_asked_with_its_key(store, engine, tmp_path):
    key = tmp_path / "key"
    key.write_text("secret-word\n")
    store.keep_served(served(engine.url, key_file=str(key)))
    store.keep_served(served("http://127.0.0.1:9/v1", id="2" * 32, replica=1, state="failing"))
    settings = Settings(models={"local": ModelAlias(model="vllm/tiny", vllm=VllmSettings())})
    looks = await Watch(settings, store, "local").look()
    assert [(look.server.name, look.state, look.server.state) for look in looks] == [
        ("replica 0", "ok", "ready"),
        ("replica 1", "unreachable", "failing"),
    ]
    assert looks[0].server.headers == {"Authorization": "Bearer secret-word"}
    assert {one.served for one in store.engine_figures()} == {"1" * 32, "2" * 32}
    assert "secret-word" not in str(store.engine_figures())


async def test_an_alias_without_a_server_says_what_to_do(store):
    settings = Settings(models={"paper": ModelAlias(model="offline/extractive")})
    with pytest.raises(UsageError, match="no server of its own"):
        await Watch(settings, store, "paper").look()
    settings = Settings(models={"local": ModelAlias(model="hosted_vllm/tiny", vllm={})})
    with pytest.raises(UsageError, match="no server of 'local' runs"):
        await Watch(settings, store, "local").look()


def test_figures_of_a_month_ago_are_forgotten(store):
    old = time.time_ns() - 31 * 86_400 * 10**9
    store.keep_engine_figures([EngineFiguresRecord("", "local", at, {}) for at in (old, time.time_ns())])
    Watch(settings_for("http://127.0.0.1:9/v1"), store, "local")
    assert len(store.engine_figures()) == 1
