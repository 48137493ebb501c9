"""``genops init``, ``genops doctor`` and ``genops schema``."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import jsonschema
import pytest
from ruamel.yaml import YAML


def states(done):
    return {(found["area"], found["name"]): found["state"] for found in json.loads(done.out)}


def test_init_writes_a_project_that_passes_its_own_check(genops, site, monkeypatch):
    out = genops("init", "new").out
    assert "new/chains/answer.yaml" in out
    assert "cd new" in out
    monkeypatch.chdir(site / "new")
    found = json.loads(genops("chain", "check", "--json").out)
    assert {finding["severity"] for finding in found} == {"warning", "note"}
    assert (site / "new" / ".gitignore").read_text() == ".genops/\n"


@pytest.mark.slow
def test_a_new_project_runs_at_once(genops, site, monkeypatch):
    genops("init", "new")
    monkeypatch.chdir(site / "new")
    genops("index", "build", "docs")
    out = genops("run", "answer", "--input", "question=How hot is the water for green tea?").out
    assert "70 to 80 degrees" in out
    assert "[1]" in out


def test_init_overwrites_nothing(genops, site):
    genops("init", "new")
    (site / "new" / "genops.toml").write_text("# mine\n")
    assert "nothing was written" in genops("init", "new", code=2).err
    assert (site / "new" / "genops.toml").read_text() == "# mine\n"
    (site / "old").mkdir()
    (site / "old" / "pyproject.toml").write_text("[tool.genops]\n")
    genops("init", "old", code=2)
    assert [path.name for path in (site / "old").iterdir()] == ["pyproject.toml"]
    (site / "file").write_text("")
    assert genops("init", "file", code=2).err.startswith("error: ")


@pytest.mark.parametrize("command", [["trace", "list"], ["run", "say"], ["chain", "list"], ["index", "build", "docs"]])
def test_a_folder_without_a_project_is_said_to_be_one_and_stays_empty(command, genops, site, monkeypatch):
    (site / "genops.toml").unlink()
    (site / "empty").mkdir()
    monkeypatch.chdir(site / "empty")
    err = genops(*command, code=2).err
    assert err.startswith("error: there is no project in ")
    assert "genops init DIR" in err
    assert "genops init DIR" in genops("doctor").out
    genops("schema", "chain")


def test_doctor_says_what_is_missing_and_ends_with_1_when_it_is_needed(genops):
    found = states(genops("doctor", "--json", code=1))
    assert found["index", "docs"] == "missing"
    assert found["model", "talker"] == "ok"
    assert found["model", "keyed"] == "warning"
    assert found["plug-in", "tests.retrieval.hashing"] == "ok"
    genops("index", "build", "docs")
    out = genops("doctor").out
    assert "GENOPS_TEST_KEY" in out
    assert "missing" not in {line.split()[0] for line in out.splitlines()}


def test_doctor_asks_servers_whether_they_are_there(genops, site, monkeypatch):
    with (site / "genops.toml").open("a") as file:
        file.write('[models.local]\nmodel = "vllm/tiny"\nbase_url = "http://127.0.0.1:9/v1"\n')
    genops("index", "build", "docs")
    assert states(genops("doctor", "--json"))["model", "local"] == "warning"
    monkeypatch.setenv("GENOPS_DEFAULT_MODEL", "local")
    done = genops("doctor", code=1)
    assert "no answer from http://127.0.0.1:9/v1/models" in done.out


def test_doctor_looks_at_embedders_as_at_models(genops, site, monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with (site / "genops.toml").open("a") as file:
        file.write(
            '[embedders.away]\nmodel = "vllm/bge"\nwindow = 64\nbase_url = "http://127.0.0.1:9/v1"\n'
            '[embedders.keyed]\nmodel = "openai/text-embedding-3-small"\napi_key_env = "NO_SUCH_KEY"\n'
            '[embedders.unpinned]\nmodel = "sentence-transformers/all-MiniLM-L6-v2"\n'
            f'[embedders.pinned]\nmodel = "sentence-transformers/all-MiniLM-L6-v2"\nrevision = "{"0" * 40}"\n'
            '[indexes.served]\nsources = ["docs/*"]\nembedder = "keyed"\n'
        )
    done = genops("doctor", "--json", code=1)
    found = {name: state for (area, name), state in states(done).items() if area == "embedder"}
    assert found == {"away": "warning", "keyed": "missing", "unpinned": "warning", "pinned": "ok"}
    assert "NO_SUCH_KEY" in done.out


@pytest.mark.parametrize(("status", "state", "detail"), [(200, "ok", "vllm/tiny"), (401, "missing", "refuses the key")])
def test_doctor_tells_a_server_that_refuses_from_one_that_is_there(genops, site, monkeypatch, status, state, detail):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["Authorization"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_):
            pass

    asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        with (site / "genops.toml").open("a") as file:
            file.write(f'[models.local]\nmodel = "vllm/tiny"\nbase_url = "{url}"\napi_key_env = "LOCAL_SERVER_KEY"\n')
        monkeypatch.setenv("LOCAL_SERVER_KEY", "k3y")
        monkeypatch.setenv("GENOPS_DEFAULT_MODEL", "local")
        found = json.loads(genops("doctor", "--json", code=1).out)
        server.shutdown()
    assert asked == [("/v1/models", "Bearer k3y")]
    (local,) = (diagnosis for diagnosis in found if diagnosis["name"] == "local")
    assert local["state"] == state
    assert detail in local["detail"]


def test_doctor_names_a_broken_plugin_that_an_installed_package_adds(genops, site, monkeypatch):
    info = site / "lib" / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[genops]\nbroken = no_such_module\n")
    monkeypatch.syspath_prepend(site / "lib")
    (site / "genops.toml").write_text("")
    told = genops("doctor", code=1).out
    assert "missing  plug-in installed: plug-in 'no_such_module' cannot be imported" in told
    assert "check the installed package 'broken'" in told


def test_doctor_survives_what_is_broken(genops, site):
    (site / ".genops").mkdir()
    (site / ".genops" / "genops.db").write_bytes(b"this is no database" * 100)
    assert "missing  store" in genops("doctor", code=1).out
    settings = site / "genops.toml"
    settings.write_text(settings.read_text().replace("tests.retrieval.hashing", "no_such_module"))
    assert "missing  plug-in no_such_module" in genops("doctor", code=1).out
    settings.write_text("default_model = 1\n")
    assert "genops.toml:1" in genops("doctor", code=2).err


@pytest.mark.parametrize("what", ["chain", "prompt", "settings"])
def test_schemas_are_schemas(genops, what):
    jsonschema.Draft202012Validator.check_schema(json.loads(genops("schema", what).out))


def test_the_chain_schema_accepts_chains_and_refuses_others(genops, site):
    validator = jsonschema.Draft202012Validator(json.loads(genops("schema", "chain").out))
    for path in (site / "chains").glob("*.yaml"):
        validator.validate(YAML(typ="safe").load(path.read_text()))
    assert not validator.is_valid({"steps": {"a": {"prompt": "say", "wihth": {}}}})
    assert not validator.is_valid({"steps": {"a": {"map": [], "do": {"steps": {"b": {"no": "kind"}}}}}})
