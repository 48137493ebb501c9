"""``genops model adapter``: loads, lists and unloads adapters of a served alias."""

import json
import time

import pytest

from benchmarks.loopback_server import LoopbackServer
from genops.store import Store
from tests.models.served_world import record
from tests.serving.folders import make_adapter


@pytest.fixture
def server(site):
    with LoopbackServer(key="secret") as server:
        server.adapters = {}
        make_adapter(site / "adapters" / "support")
        (site / "key").write_text("secret")
        with (site / "genops.toml").open("a") as settings:
            settings.write('\n[models.local]\nmodel = "vllm/test-model"\n')
            settings.write('[models.local.vllm.adapters]\nsupport = {path = "adapters/support"}\n')
        with Store.open(f"sqlite:///{site / '.genops' / 'genops.db'}") as store:
            store.keep_served(record(server.url, key_file=str(site / "key"), beat=time.time_ns()))
        yield server


def test_an_adapter_is_loaded_listed_and_unloaded(genops, server):
    assert "no adapter is loaded" in genops("model", "adapter", "list", "local").err
    assert "support (" in genops("model", "adapter", "load", "local", "support").err
    (one,) = json.loads(genops("model", "adapter", "list", "local", "--json").out)
    assert (one["replica"], one["name"], one["configured"]) == (0, "support", "same")
    assert one["digest"] in one["path"]
    shown = genops("model", "adapter", "list", "local").out
    assert one["digest"][:12] in shown
    assert "AS CONFIGURED" in shown
    assert "from 1 server" in genops("model", "adapter", "unload", "local", "support").err
    assert server.adapters == {}


def test_a_wrong_name_is_one_error_with_the_nearest(genops, server):
    done = genops("model", "adapter", "load", "local", "suport", code=2)
    assert "no adapter 'suport'" in done.err
    assert "support" in done.err


def test_a_server_that_does_not_take_it_ends_with_4(genops, server):
    server.adapters = None
    done = genops("model", "adapter", "load", "local", "support", code=4)
    assert "max_lora_rank" in done.err
