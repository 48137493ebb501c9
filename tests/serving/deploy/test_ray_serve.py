"""The application for Ray Serve LLM.

The fields are those of Ray's configuration reference for ``LLMConfig`` (docs.ray.io, "serve/llm/user-guides/
configuration") and of Ray Serve's configuration file ("serve/production-guide/config"). Where ``GENOPS_RAY_PYTHON``
names a Python with ``ray[serve]`` and pyarrow, Ray's own models read it too.
"""

import json
import os
import subprocess

import pytest

from genops.errors import UsageError
from tests.serving.deploy.places import EVERYTHING, TEMPLATE, written

LLM_CONFIG = {
    "model_loading_config": {"model_id": str, "model_source": str},
    "engine_kwargs": dict,
    "accelerator_type": str,
    "lora_config": {"dynamic_lora_loading_path": str, "max_num_adapters_per_replica": int},
    "runtime_env": {"env_vars": dict},
    "deployment_config": {
        "num_replicas": int,
        "autoscaling_config": {"min_replicas": int, "max_replicas": int, "target_ongoing_requests": int},
        "graceful_shutdown_timeout_s": int,
    },
}
APPLICATION = {"name": str, "route_prefix": str, "import_path": str, "args": {"llm_configs": list}}
AT = "s3://bucket/adapters"
READ = """
import sys, yaml
from ray.serve.schema import ServeDeploySchema
from ray.llm._internal.serve.core.configs.llm_config import LLMConfig
document = yaml.safe_load(sys.stdin)
[application] = ServeDeploySchema.model_validate(document).applications
for config in application.args["llm_configs"]:
    print(LLMConfig.model_validate(config).model_id)
"""


def application(root, alias="llama", block=None, **wishes):
    [found] = written(root, "ray", alias, block, **wishes)["serve.yaml"]["applications"]
    return found


def model(root, alias="llama", block=None, **wishes):
    return application(root, alias, block, **wishes)["args"]["llm_configs"][0]


def fits(value, documented, at="", need=()):
    """Whether every field is a documented one of the right type."""
    for name, each in value.items():
        assert name in documented, f"{at}{name} is not documented"
        if isinstance(documented[name], dict):
            fits(each, documented[name], f"{at}{name}.")
        else:
            assert isinstance(each, documented[name]), f"{at}{name} is {each!r}"


@pytest.mark.parametrize(
    ("alias", "block", "wishes"),
    [
        ("llama", EVERYTHING, {"gpu": "h100", "most": 4, "adapters_at": AT}),
        ("llama", None, {"replicas": 2}),
        ("hub", None, {}),
    ],
)
def test_every_field_is_documented(tmp_path, alias, block, wishes):
    found = application(tmp_path, alias, block, **wishes)
    fits(found, APPLICATION)
    fits(found["args"]["llm_configs"][0], LLM_CONFIG)
    assert found["import_path"] == "ray.serve.llm:build_openai_app"


@pytest.mark.slow
@pytest.mark.skipif("GENOPS_RAY_PYTHON" not in os.environ, reason="GENOPS_RAY_PYTHON names no Python with Ray")
def test_ray_reads_it(tmp_path):
    found = written(tmp_path, "ray", block=EVERYTHING, gpu="h100", most=4, adapters_at=AT)["serve.yaml"]
    command = [os.environ["GENOPS_RAY_PYTHON"], "-c", READ]
    done = subprocess.run(command, input=json.dumps(found), capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout == "llama\n", done.stderr


def test_flags_become_arguments_of_the_engine_with_their_types(tmp_path):
    found = model(tmp_path, block=EVERYTHING, adapters_at=AT)["engine_kwargs"]
    assert found["tensor_parallel_size"] == 2
    assert found["gpu_memory_utilization"] == 0.85
    assert found["enable_auto_tool_choice"] is True
    assert found["speculative_config"] == {"method": "ngram", "num_speculative_tokens": 4}
    assert found["chat_template"] == TEMPLATE
    assert found["override_generation_config"]["temperature"] == 0.6
    assert model(tmp_path, "hub")["engine_kwargs"]["revision"] == "0123456"


def test_what_ray_sets_itself_is_left_to_it(tmp_path):
    found = model(tmp_path, block=EVERYTHING, adapters_at=AT)
    assert not {"model", "host", "port", "served_model_name", "lora_modules"} & set(found["engine_kwargs"])
    assert found["model_loading_config"] == {"model_id": "llama", "model_source": "/models/llama"}


def test_adapters_come_from_the_cloud_or_not_at_all(tmp_path):
    found = model(tmp_path, block=EVERYTHING, adapters_at=AT)
    assert found["lora_config"] == {"dynamic_lora_loading_path": AT, "max_num_adapters_per_replica": 1}
    with pytest.raises(UsageError, match=r"adapters \(support\) from cloud storage alone") as refused:
        model(tmp_path, block=EVERYTHING)
    assert "--adapters-at" in (refused.value.hint or "")


def test_it_scales_before_requests_wait(tmp_path):
    assert model(tmp_path, block=EVERYTHING, adapters_at=AT, most=4)["deployment_config"] == {
        "autoscaling_config": {"min_replicas": 1, "max_replicas": 4, "target_ongoing_requests": 64},
        "graceful_shutdown_timeout_s": 45,
    }
    assert model(tmp_path, replicas=3)["deployment_config"]["num_replicas"] == 3


def test_a_gpu_has_rays_name(tmp_path):
    assert model(tmp_path, gpu="a100")["accelerator_type"] == "A100-80G"
    assert "accelerator_type" not in model(tmp_path)
