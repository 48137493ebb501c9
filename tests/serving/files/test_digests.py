"""What identifies the files of a served model."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from genops.errors import DefinitionError, ReferenceNotFound, Unfinished
from genops.serving.files.digests import adapter_digest, digest_cache, digests_of, file_digests
from genops.settings import ModelAlias, Settings
from tests.serving.folders import make_adapter, make_hub_model, make_model, settings_of


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_each_part_of_a_model_has_the_sha256_of_its_file(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model", template="{{ messages }}")
    found = digests_of(settings_of(tmp_path), "m")
    assert found["config"] == sha256((folder / "config.json").read_bytes())
    assert found["weights"] == sha256((folder / "model.safetensors").read_bytes())
    assert found["generation_config"] == sha256((folder / "generation_config.json").read_bytes())
    assert found["chat_template"] == sha256(b"{{ messages }}")


def test_several_files_have_the_digest_of_their_listing(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    names = sorted(["tokenizer.json", "tokenizer_config.json"])
    listing = "".join(f"{sha256((folder / name).read_bytes())}  {name}\n" for name in names)
    assert digests_of(settings_of(tmp_path), "m")["tokenizer"] == sha256(listing.encode())


def test_a_configured_template_takes_the_place_of_the_models(tmp_path: Path) -> None:
    make_model(tmp_path / "model", template="{{ messages }}")
    (tmp_path / "own.jinja").write_text("{{ messages[0] }}")
    found = digests_of(settings_of(tmp_path, chat_template="own.jinja"), "m")
    assert found["chat_template"] == sha256(b"{{ messages[0] }}")


def test_weights_are_read_again_only_when_they_have_changed(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    settings = settings_of(tmp_path)
    first = digests_of(settings, "m")
    assert list(digest_cache(settings).iterdir())
    assert digests_of(settings, "m") == first
    make_model(folder, hidden=128)
    assert digests_of(settings, "m")["weights"] != first["weights"]


def test_hashing_weights_that_take_minutes_can_be_given_up(tmp_path: Path) -> None:
    paths = []
    for number in range(8):
        paths.append(tmp_path / f"model-{number}.safetensors")
        paths[-1].touch()
        os.truncate(paths[-1], 2**40)  # with nothing in it, on no disk
    with pytest.raises(Unfinished, match="was not hashed to its end"):
        file_digests(paths, tmp_path / "cache", stopped=lambda: True)
    assert not (tmp_path / "cache").exists()


@pytest.mark.timeout(60)
def test_ctrl_c_gives_up_hashing(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / f"{number}").touch()
        os.truncate(tmp_path / f"{number}", 2**40)
    paths = f"[Path({str(tmp_path)!r}, str(number)) for number in range(8)]"
    program = (
        "import signal\nfrom pathlib import Path\nfrom genops.serving.files.digests import file_digests\n"
        "signal.signal(signal.SIGALRM, signal.default_int_handler)\nsignal.alarm(1)\n"
        f"file_digests({paths}, Path({str(tmp_path / 'cache')!r}))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "KeyboardInterrupt" in ended.stderr


def test_a_model_of_the_hub_is_read_from_its_cache(tmp_path: Path) -> None:
    commit = make_hub_model(tmp_path / "hub", "some/model")
    block = {"environment": {"HF_HUB_CACHE": str(tmp_path / "hub")}}
    pinned = Settings(root=tmp_path, models={"m": ModelAlias(model="vllm/some/model", revision=commit, vllm=block)})
    moving = Settings(root=tmp_path, models={"m": ModelAlias(model="vllm/some/model", vllm=block)})
    assert digests_of(pinned, "m") == digests_of(moving, "m")


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="there is no folder"):
        digests_of(settings_of(tmp_path), "m")
    with pytest.raises(ReferenceNotFound):
        digests_of(settings_of(tmp_path), "other")
    away = ModelAlias(model="vllm/some/model", vllm={"environment": {"HF_HUB_CACHE": str(tmp_path)}})
    with pytest.raises(Unfinished, match="not in the hub's cache"):
        digests_of(Settings(root=tmp_path, models={"m": away}), "m")
    with pytest.raises(DefinitionError, match="no files"):
        digests_of(Settings(root=tmp_path), "offline")


def test_an_adapter_is_the_same_wherever_it_lies(tmp_path: Path) -> None:
    one, other = make_adapter(tmp_path / "one"), make_adapter(tmp_path / "two")
    assert adapter_digest(one) == adapter_digest(other, tmp_path / "cache")
    config = json.loads((other / "adapter_config.json").read_text())
    (other / "adapter_config.json").write_text(json.dumps({**config, "lora_alpha": 1}))
    assert adapter_digest(one) != adapter_digest(other)
    with pytest.raises(DefinitionError, match="adapter"):
        adapter_digest(tmp_path)
