"""What an alias's block asks for, seen from a container."""

import json
import sys

import pytest

from genops.errors import DefinitionError, GenopsError, ReferenceNotFound, UsageError
from genops.serving.deploy import manifests
from genops.serving.deploy.deployment import dns_label
from genops.serving.deploy.targets import TARGETS
from tests.serving.deploy.places import EVERYTHING, wanted


@pytest.mark.parametrize("target", TARGETS)
def test_the_same_settings_give_the_same_manifests(tmp_path, target):
    def texts():
        return manifests(wanted(tmp_path, block=EVERYTHING, most=4, gpu="h100", adapters_at="s3://b/a"), target)

    assert texts() == texts()


@pytest.mark.parametrize("target", TARGETS)
def test_no_manifest_depends_on_where_the_project_is(tmp_path, target):
    def texts(root):
        return manifests(wanted(root, block=EVERYTHING, adapters_at="s3://b/a"), target)

    assert texts(tmp_path / "one") == texts(tmp_path / "another")


def test_count_shards_what_the_settings_do_not(tmp_path):
    deployed = wanted(tmp_path, count=4)
    assert deployed.gpus == 4
    assert "--tensor-parallel-size=4" in deployed.arguments


def test_a_gpu_may_be_named_with_their_number_as_for_a_preflight(tmp_path):
    assert wanted(tmp_path, gpu="h200x4").gpus == 4
    assert wanted(tmp_path, gpu="h200").gpus == 1
    with pytest.raises(UsageError, match="shard the model over 2 GPUs"):
        wanted(tmp_path, block=EVERYTHING, gpu="h200x8")


def test_count_does_not_contradict_the_settings(tmp_path):
    assert wanted(tmp_path, block=EVERYTHING, count=2).gpus == 2
    with pytest.raises(UsageError, match="shard the model over 2 GPUs"):
        wanted(tmp_path, block=EVERYTHING, count=8)


def test_a_data_parallel_engine_needs_gpus_for_each_copy(tmp_path):
    assert wanted(tmp_path, block={"path": "models/llama", "tensor_parallel": 2, "data_parallel": 3}).gpus == 6


def test_more_gpus_than_a_machine_has_are_remarked_on(tmp_path):
    deployed = wanted(tmp_path, block={"path": "models/llama", "tensor_parallel": 8, "pipeline_parallel": 2})
    assert "16 GPUs are more than one machine has" in deployed.notes[0]


def test_an_adapters_rank_is_read_here(tmp_path):
    assert "--max-lora-rank=16" in wanted(tmp_path, block=EVERYTHING).arguments


def test_the_volume_has_room_for_the_files(tmp_path):
    deployed = wanted(tmp_path)
    assert deployed.storage == 10
    with (tmp_path / "models" / "llama" / "model.safetensors").open("ab") as stream:
        stream.truncate(40 << 30)  # a hole, which takes no disk
    assert wanted(tmp_path).storage == 51
    assert wanted(tmp_path, storage=7).storage == 7


def test_a_model_that_is_not_here_has_a_guessed_volume_and_says_so(tmp_path):
    deployed = wanted(tmp_path, "hub")
    assert deployed.storage == 100
    assert "--storage" in deployed.notes[0]


def test_spans_for_this_machines_receiver_stay_here(tmp_path):
    deployed = wanted(tmp_path, block={"path": "models/llama", "traces": "genops"})
    assert not [word for word in deployed.arguments if "otlp" in word]
    assert "traces" in deployed.notes[0]


@pytest.mark.parametrize(
    ("alias", "block", "wishes", "error", "says"),
    [
        ("lama", None, {}, ReferenceNotFound, "no model alias is called 'lama'"),
        ("hosted", None, {}, DefinitionError, "no vllm table"),
        ("llama", {"path": "models/away"}, {}, DefinitionError, "there is no folder"),
        ("llama", {"path": "models/llama", "chat_template": "away.jinja"}, {}, DefinitionError, "away.jinja"),
        ("llama", {"path": "models/llama", "generation_config": "away"}, {}, DefinitionError, "cannot be read"),
        ("llama", {"path": "models/llama", "adapters": {"a": {"path": "away"}}}, {}, DefinitionError, "away"),
        ("llama", {"path": "models/llama", "extra": {"guided-decoding-backend": "x"}}, {}, DefinitionError, "guided"),
        ("llama", None, {"most": 1, "replicas": 2}, UsageError, "--max-replicas 1 is less than the 2"),
        ("llama", None, {"gpu": "h10"}, UsageError, "'h10'"),
        ("llama", None, {"gpu": "h200x0"}, UsageError, "'h200x0'"),
    ],
)
def test_what_cannot_be_is_one_clear_error(tmp_path, alias, block, wishes, error, says):
    with pytest.raises(error, match=says) as refused:
        wanted(tmp_path, alias, block, **wishes)
    assert isinstance(refused.value, GenopsError)


def test_there_is_no_such_platform(tmp_path):
    with pytest.raises(UsageError, match="there is no 'nomad'"):
        manifests(wanted(tmp_path), "nomad")


@pytest.mark.parametrize(
    ("alias", "label"),
    [("llama", "llama"), ("Llama_3.1-8B", "llama-3-1-8b"), ("70b", "model-70b"), ("a" * 90, "a" * 50)],
)
def test_a_name_is_one_that_dns_allows(alias, label):
    assert dns_label(alias) == label


def test_a_name_without_letters_or_digits_is_refused():
    with pytest.raises(UsageError, match="cannot be a name"):
        dns_label("___")


def test_a_broken_adapter_is_named(tmp_path):
    wanted(tmp_path)
    (tmp_path / "adapters" / "support" / "adapter_config.json").write_text(json.dumps({"alpha": sys.maxsize}))
    with pytest.raises(DefinitionError, match=r"adapter_config\.json"):
        wanted(tmp_path, block=EVERYTHING)
