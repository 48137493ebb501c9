"""Adapters are loaded into every server of an alias, answer before they count as loaded, and stay what they were."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from benchmarks.loopback_server import Fault, LoopbackServer
from genops.artifacts import adapter_component
from genops.errors import DefinitionError, Unfinished, UsageError
from genops.serving.adapters import load_adapter, loaded_adapters, unload_adapter
from genops.serving.preflight import preflight
from genops.settings import ModelAlias, Settings
from genops.vllm_settings import VllmSettings
from tests.models.served_world import record
from tests.serving.folders import make_adapter, make_model
from tests.store.conftest import new_postgres, postgres_server, store, url

__all__ = ["new_postgres", "postgres_server", "store", "url"]


class Place:
    """A project with an alias ``local``, two servers of it, and an adapter ``support`` in the settings."""

    def __init__(self, root: Path, store, servers):
        self.root, self.store, self.servers = root, store, servers
        self.folder = self.write("support")
        self.settings = self.with_adapters(support={"path": "support"})
        for replica, server in enumerate(servers):
            server.key, server.adapters = "secret", {}
            key = root / "key"
            key.write_text("secret")
            store.keep_served(record(server.url, replica, key_file=str(key)))

    def with_adapters(self, **adapters):
        block = VllmSettings.model_validate({"adapters": adapters})
        return Settings(root=self.root, models={"local": ModelAlias(model="vllm/test-model", vllm=block)})

    def write(self, name, weights="weights"):
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        (folder / "adapter_config.json").write_text(json.dumps({"r": 8}))
        save_file({"lora_A": np.frombuffer(weights.encode(), np.uint8)}, folder / "adapter_model.safetensors")
        return folder

    def adapters(self):
        return [one.adapters for one in self.store.served("local")]


@pytest.fixture
def place(tmp_path, store):
    with LoopbackServer() as one, LoopbackServer() as other:
        yield Place(tmp_path, store, [one, other])


def test_it_is_loaded_into_every_server_and_each_has_answered(place):
    component = load_adapter(place.settings, place.store, "local", "support")
    assert place.adapters() == [{"support": component.digest}] * 2
    for server in place.servers:
        assert [(one.body["model"], one.body["max_tokens"]) for one in server.requests] == [("support", 1)]
        assert Path(server.adapters["support"]).name == component.digest


def test_what_changes_afterwards_changes_nothing_that_is_loaded(place):
    component = load_adapter(place.settings, place.store, "local", "support")
    place.write("support", "trained again")
    path = Path(place.servers[0].adapters["support"])
    assert adapter_component("support", path).digest == component.digest
    assert {one.configured for one in loaded_adapters(place.settings, place.store, "local")} == {"other"}
    again = load_adapter(place.settings, place.store, "local", "support")
    assert again.digest != component.digest
    assert place.servers[0].adapters["support"] != str(path)
    assert {one.configured for one in loaded_adapters(place.settings, place.store, "local")} == {"same"}


def test_loading_what_is_loaded_only_asks_it_again(place):
    load_adapter(place.settings, place.store, "local", "support")
    load_adapter(place.settings, place.store, "local", "support")
    assert [len(server.requests) for server in place.servers] == [2, 2]


def test_a_folder_of_its_own_needs_no_settings(place):
    component = load_adapter(place.settings, place.store, "local", "legal", place.write("legal", "law"))
    (one, _) = loaded_adapters(place.settings, place.store, "local")
    assert (one.name, one.digest, one.configured) == ("legal", component.digest, "")


def test_it_is_unloaded_everywhere(place):
    load_adapter(place.settings, place.store, "local", "support")
    load_adapter(place.settings, place.store, "local", "legal", place.write("legal", "law"))
    assert unload_adapter(place.settings, place.store, "local", "support") == 2
    assert [list(server.adapters) for server in place.servers] == [["legal"]] * 2
    assert [list(adapters) for adapters in place.adapters()] == [["legal"]] * 2
    with pytest.raises(UsageError, match="'support' loaded") as caught:
        unload_adapter(place.settings, place.store, "local", "support")
    assert "legal" in caught.value.hint


def test_an_adapter_that_answers_nothing_is_not_left_loaded(place):
    place.servers[1].fail(Fault("status", 500))
    with pytest.raises(Unfinished, match=r"was not loaded: replica 1: .*500") as caught:
        load_adapter(place.settings, place.store, "local", "support")
    assert caught.value.hint == "1 of 2 servers did it"
    assert place.servers[1].adapters == {}
    assert [list(adapters) for adapters in place.adapters()] == [["support"], []]


def test_where_another_gives_no_answer_the_former_one_is_loaded_again(place):
    former = load_adapter(place.settings, place.store, "local", "support")
    place.write("support", "trained again")
    for server in place.servers:
        server.fail(Fault("status", 500))
    with pytest.raises(Unfinished, match="was not loaded"):
        load_adapter(place.settings, place.store, "local", "support")
    assert [Path(server.adapters["support"]).name for server in place.servers] == [former.digest] * 2
    assert place.adapters() == [{"support": former.digest}] * 2


def test_a_server_that_takes_none_while_it_runs_says_what_to_do(place):
    for server in place.servers:
        server.adapters = None
    with pytest.raises(Unfinished) as caught:
        load_adapter(place.settings, place.store, "local", "support")
    assert "max_lora_rank" in caught.value.hint


def test_a_wrong_key_and_a_dead_server_are_named(place):
    place.servers[0].key = "another"
    with pytest.raises(Unfinished, match="replica 0: /models was answered with 401"):
        loaded_adapters(place.settings, place.store, "local")
    place.servers[0].key = "secret"
    place.store.keep_served(record("http://127.0.0.1:9/v1", 1))
    with pytest.raises(Unfinished, match="replica 1: /models was not answered"):
        loaded_adapters(place.settings, place.store, "local")


def test_a_pinned_adapter_is_that_one(place):
    settings = place.with_adapters(support={"path": "support", "digest": "00000000"})
    with pytest.raises(UsageError, match="the settings pin 00000000"):
        load_adapter(settings, place.store, "local", "support")
    assert place.servers[0].adapters == {}


def test_a_digest_alone_names_what_was_loaded_before(place):
    first = load_adapter(place.settings, place.store, "local", "support")
    place.write("support", "trained again")
    pinned = place.with_adapters(support={"digest": first.digest[:8]})
    assert load_adapter(pinned, place.store, "local", "support").digest == first.digest
    assert {one.configured for one in loaded_adapters(pinned, place.store, "local")} == {"same"}
    unknown = place.with_adapters(support={"digest": "00000000"})
    with pytest.raises(DefinitionError, match="no adapter is kept under the digest 00000000"):
        load_adapter(unknown, place.store, "local", "support")


@pytest.mark.parametrize(
    ("alias", "name", "folder", "problem"),
    [
        ("local", "suport", None, "no adapter 'suport'"),
        ("local", "test-model", None, "the name of the model itself"),
        ("local", "legal", "nowhere", "adapter 'legal': .*no adapter: the folder is not there"),
        ("none", "support", None, "no model alias is called 'none'"),
    ],
)
def test_wrong_names_and_folders_are_clear_errors(place, alias, name, folder, problem):
    with pytest.raises(UsageError, match=problem):
        load_adapter(place.settings, place.store, alias, name, place.root / folder if folder else None)


def test_an_alias_without_a_server_here_says_where_one_is(place):
    for replica, server in enumerate(place.servers):
        place.store.keep_served(record(server.url, replica, host="elsewhere"))
    with pytest.raises(UsageError, match="run on elsewhere"):
        loaded_adapters(place.settings, place.store, "local")
    for replica, server in enumerate(place.servers):
        place.store.keep_served(record(server.url, replica, state="starting"))
    with pytest.raises(UsageError, match="no server of 'local' is ready") as caught:
        loaded_adapters(place.settings, place.store, "local")
    assert "genops model serve local" in caught.value.hint


def test_half_an_adapter_is_none(place):
    (place.folder / "adapter_model.safetensors").unlink()
    with pytest.raises(DefinitionError, match=r"adapter_model\.safetensors is not there"):
        load_adapter(place.settings, place.store, "local", "support")


def test_what_the_preflight_refuses_is_not_loaded_in_its_own_words(place):
    """Pickles, methods that vLLM does not take, and an adapter of another model, all named at once."""
    make_model(place.root / "model")
    settings = place.with_adapters(support={"path": "support"})
    settings.models["local"] = settings.models["local"].model_copy(
        update={"vllm": VllmSettings.model_validate({"path": "model", "adapters": {"support": {"path": "support"}}})}
    )
    make_adapter(place.folder, rank=1024, hidden=128, use_dora=True)
    checked = [one for one in preflight(settings, "local").findings if one.code.startswith("adapter")]
    with pytest.raises(DefinitionError) as caught:
        load_adapter(settings, place.store, "local", "support")
    refused = [one.message for one in checked if one.severity == "error"]
    assert len(refused) == 3
    assert all(message in f"{caught.value.message}\n{caught.value.hint}" for message in refused)
    assert [server.adapters for server in place.servers] == [{}, {}]
    assert not (settings.data_dir / "adapters").exists()


def test_pickles_are_loaded_only_where_that_is_allowed(place):
    folder = place.write("pick")
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    with pytest.raises(DefinitionError, match="adapter 'pick': its weights are a pickle") as caught:
        load_adapter(place.settings, place.store, "local", "pick", folder)
    assert "allow_pickle = true" in caught.value.hint
    block = place.settings.models["local"].vllm.model_copy(update={"allow_pickle": True})
    place.settings.models["local"] = place.settings.models["local"].model_copy(update={"vllm": block})
    load_adapter(place.settings, place.store, "local", "pick", folder)
    assert list(place.servers[0].adapters) == ["pick"]
