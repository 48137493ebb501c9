"""The Compose file, read by Docker Compose itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from genops.serving.deploy import manifests
from tests.serving.deploy.places import EVERYTHING, TEMPLATE, wanted

COMPOSE = Path(sys.executable).with_name("docker-compose")


def composed(root, alias="llama", block=None, key="k", **wishes):
    """What Compose makes of the file; it needs no engine for that."""
    folder = root / "out"
    folder.mkdir(exist_ok=True)
    (folder / "compose.yaml").write_text(manifests(wanted(root, alias, block, **wishes), "compose")["compose.yaml"])
    environment = {**os.environ, "VLLM_API_KEY": key, "HF_TOKEN": "t"}
    command = [COMPOSE, "--project-directory", folder, "-f", folder / "compose.yaml", "config", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    # The command is a wrapper that ends well whatever becomes of Compose.
    if not done.stdout:
        raise ValueError(done.stderr)
    return json.loads(done.stdout)


@pytest.mark.parametrize(("alias", "block"), [("llama", None), ("llama", EVERYTHING), ("hub", None)])
def test_compose_takes_it(tmp_path, alias, block):
    service = composed(tmp_path, alias, block)["services"][alias]
    assert service["command"] == list(wanted(tmp_path, alias, block).arguments)


def test_gpus_are_reserved(tmp_path):
    service = composed(tmp_path, block=EVERYTHING)["services"]["llama"]
    [device] = service["deploy"]["resources"]["reservations"]["devices"]
    assert (device["driver"], device["device_ids"], device["capabilities"]) == ("nvidia", ["0", "1"], ["gpu"])
    assert service["shm_size"] == str(8 << 30)


def test_replicas_are_services_with_gpus_and_ports_of_their_own(tmp_path):
    services = composed(tmp_path, block={"path": "models/llama", "tensor_parallel": 2, "port": 9000}, replicas=2)[
        "services"
    ]
    devices = {
        name: each["deploy"]["resources"]["reservations"]["devices"][0]["device_ids"] for name, each in services.items()
    }
    assert devices == {"llama-0": ["0", "1"], "llama-1": ["2", "3"]}
    assert [each["ports"][0]["published"] for each in services.values()] == ["9000", "9001"]


def test_it_listens_on_loopback_unless_told_otherwise(tmp_path):
    assert composed(tmp_path)["services"]["llama"]["ports"][0]["host_ip"] == "127.0.0.1"
    open_to_all = composed(tmp_path, block={"path": "models/llama", "host": "0.0.0.0"})
    assert open_to_all["services"]["llama"]["ports"][0]["host_ip"] == "0.0.0.0"


def test_the_key_comes_from_the_environment_and_must_be_there(tmp_path):
    service = composed(tmp_path, key="from outside")["services"]["llama"]
    assert service["environment"]["VLLM_API_KEY"] == "from outside"
    with pytest.raises(ValueError, match="set the key that requests must show"):
        composed(tmp_path, key="")


def test_health_is_a_real_token_and_an_end_drains(tmp_path):
    service = composed(tmp_path, block=EVERYTHING)["services"]["llama"]
    run = ["python3", "/etc/genops/probe.py"]
    assert service["healthcheck"]["test"] == ["CMD", *run, "ready", "20", "llama", "support"]
    assert service["pre_stop"] == [{"command": [*run, "drain", "45"]}]
    assert service["stop_grace_period"] == "1m5s"


def test_files_are_mounted_from_where_they_are_and_only_read(tmp_path):
    volumes = composed(tmp_path, block=EVERYTHING)["services"]["llama"]["volumes"]
    mounted = {each["target"]: (each["source"], each["read_only"]) for each in volumes}
    assert mounted == {
        "/models/llama": (str(tmp_path / "models" / "llama"), True),
        "/models/adapters/support": (str(tmp_path / "adapters" / "support"), True),
    }


def test_the_hubs_files_are_kept_in_a_volume(tmp_path):
    document = composed(tmp_path, "hub")
    [volume] = document["services"]["hub"]["volumes"]
    assert (volume["type"], volume["source"], volume["target"]) == ("volume", "hub", "/models/hub")
    assert document["services"]["hub"]["environment"]["HF_HOME"] == "/models/hub"


def test_dollars_are_no_variables(tmp_path):
    document = composed(tmp_path, block=EVERYTHING)
    # Compose writes what it read as a Compose file again, where a dollar is doubled.
    assert document["services"]["llama"]["environment"]["PRICE"] == "$$5"
    assert document["configs"]["chat_template.jinja"]["content"].replace("$$", "$") == TEMPLATE
