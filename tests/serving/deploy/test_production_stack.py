"""The values for the chart of vLLM's production-stack.

No package carries the chart. Fields and types are those of its README and ``values.schema.json``
(vllm-project/production-stack, folder ``helm``), as far as they are used.
"""

import kubernetes_validate
import pytest

from tests.serving.deploy.places import EVERYTHING, TEMPLATE, written

PROBE = {
    "httpGet": (dict, type(None)),
    "exec": dict,
    "periodSeconds": int,
    "timeoutSeconds": int,
    "failureThreshold": int,
}
SECRET = {"secretName": str, "secretKey": str}
MODEL = {
    "name": str,
    "repository": str,
    "tag": str,
    "modelURL": str,
    "replicaCount": int,
    "requestCPU": int,
    "requestMemory": str,
    "limitMemory": str,
    "requestGPU": int,
    "pvcStorage": str,
    "pvcAccessMode": list,
    "shmSize": str,
    "hf_token": SECRET,
    "env": list,
    "nodeSelectorTerms": list,
    "extraVolumes": list,
    "extraVolumeMounts": list,
    "keda": {"enabled": bool, "minReplicaCount": int, "maxReplicaCount": int},
    "vllmConfig": {
        "dtype": str,
        "maxModelLen": int,
        "maxNumSeqs": int,
        "tensorParallelSize": int,
        "gpuMemoryUtilization": float,
        "enablePrefixCaching": bool,
        "extraArgs": list,
    },
}
VALUES = {
    "servingEngineSpec": {
        "vllmApiKey": SECRET,
        "containerPort": int,
        "servicePort": int,
        "securityContext": dict,
        "containerSecurityContext": dict,
        "startupProbe": PROBE,
        "readinessProbe": PROBE,
        "livenessProbe": PROBE,
        "modelSpec": [MODEL],
    },
    "extraObjects": list,
}


def fits(value, documented, at=""):
    for name, each in value.items():
        assert name in documented, f"{at}{name} is not documented"
        kind = documented[name]
        if isinstance(kind, dict):
            fits(each, kind, f"{at}{name}.")
        elif isinstance(kind, list):
            for item in each:
                fits(item, kind[0], f"{at}{name}[].")
        else:
            assert isinstance(each, kind), f"{at}{name} is {each!r}"


def values(root, alias="llama", block=None, **wishes):
    return written(root, "production-stack", alias, block, **wishes)["values.yaml"]


def model(root, alias="llama", block=None, **wishes):
    return values(root, alias, block, **wishes)["servingEngineSpec"]["modelSpec"][0]


@pytest.mark.parametrize(
    ("alias", "block", "wishes"),
    [("llama", EVERYTHING, {"gpu": "h100", "most": 4}), ("llama", None, {}), ("hub", None, {"replicas": 2})],
)
def test_every_field_is_documented(tmp_path, alias, block, wishes):
    fits(values(tmp_path, alias, block, **wishes), VALUES)


def test_the_charts_own_health_check_is_taken_out_where_a_token_is_asked_for(tmp_path):
    spec = values(tmp_path)["servingEngineSpec"]
    for name in ("startupProbe", "readinessProbe"):
        assert spec[name]["httpGet"] is None
        assert spec[name]["exec"]["command"][:3] == ["python3", "/etc/genops/probe.py", "ready"]
    assert "exec" not in spec["livenessProbe"]


def test_prefix_caching_stays_on_which_the_chart_would_switch_off(tmp_path):
    assert model(tmp_path)["vllmConfig"]["enablePrefixCaching"] is True
    off = model(tmp_path, block={"path": "models/llama", "prefix_caching": False})["vllmConfig"]
    assert off["enablePrefixCaching"] is False
    assert not [word for word in off["extraArgs"] if "prefix-caching" in word]


def test_what_has_a_value_of_its_own_is_no_extra_argument(tmp_path):
    found = model(tmp_path, block=EVERYTHING)["vllmConfig"]
    assert (found["maxModelLen"], found["tensorParallelSize"], found["dtype"]) == (8192, 2, "bfloat16")
    flags = {word.partition("=")[0] for word in found["extraArgs"]}
    assert not flags & {"--host", "--port", "--max-model-len", "--tensor-parallel-size", "--dtype"}
    assert {"--served-model-name", "--tool-call-parser", "--enable-lora", "--generation-config"} <= flags


def test_files_are_where_the_chart_mounts_its_volume(tmp_path):
    found = model(tmp_path, block=EVERYTHING)
    assert found["modelURL"] == "/data/llama"
    assert '{"name": "support", "path": "/data/adapters/support"}' in found["vllmConfig"]["extraArgs"]


def test_the_engine_drains_within_the_grace_that_the_chart_leaves(tmp_path):
    assert "--shutdown-timeout=25" in model(tmp_path, block=EVERYTHING)["vllmConfig"]["extraArgs"]


def test_secrets_are_named(tmp_path):
    found = values(tmp_path, "hub")["servingEngineSpec"]
    assert found["vllmApiKey"] == {"secretName": "hub", "secretKey": "api-key"}
    assert found["modelSpec"][0]["hf_token"] == {"secretName": "hub", "secretKey": "hf-token"}


def test_the_small_files_survive_the_charts_template_engine(tmp_path):
    [config] = values(tmp_path, block=EVERYTHING)["extraObjects"]
    kubernetes_validate.validate(config, "1.37", strict=True)
    assert config["data"]["chat_template.jinja"].replace("{{`{{`}}", "{{") == TEMPLATE
    assert "{{ m" not in config["data"]["chat_template.jinja"]
