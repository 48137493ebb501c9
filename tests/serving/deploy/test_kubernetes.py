"""The manifests for Kubernetes, held against its own schemas."""

import kubernetes_validate
import pytest
from cloudcoil.models.keda.v1alpha1 import ScaledObject

from genops.serving.deploy import manifests
from tests.serving.deploy.places import EVERYTHING, TEMPLATE, wanted, written

VERSIONS = ("1.29", "1.37")


def container_of(root, **wishes):
    pod = written(root, "k8s", **wishes)["deployment.yaml"]["spec"]["template"]["spec"]
    return pod, pod["containers"][0]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("alias", ["llama", "hub"])
def test_every_manifest_fits_its_schema(tmp_path, alias, version):
    found = written(tmp_path, "k8s", alias, EVERYTHING, gpu="h100", most=4, scaler="hpa")
    assert list(found) == ["config.yaml", "storage.yaml", "deployment.yaml", "service.yaml", "scaling.yaml"]
    for manifest in found.values():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_manifest_with_a_field_that_kubernetes_has_not_would_be_found(tmp_path):
    broken = written(tmp_path, "k8s")["service.yaml"]
    broken["spec"]["porst"] = []
    with pytest.raises(kubernetes_validate.ValidationError, match="porst"):
        kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)


def test_keda_takes_the_scaled_object(tmp_path):
    found = written(tmp_path, "k8s", most=4, waiting=7, namespace="models")["scaling.yaml"]
    scaled = ScaledObject.model_validate(found)
    assert (scaled.spec.min_replica_count, scaled.spec.max_replica_count) == (1, 4)
    trigger = scaled.spec.triggers[0]
    assert trigger.metadata["threshold"] == "7"
    assert trigger.metadata["query"] == 'sum(vllm:num_requests_waiting{namespace="models", model_name="llama"})'


def test_the_hpa_scales_the_deployment_on_waiting_requests(tmp_path):
    spec = written(tmp_path, "k8s", most=4, scaler="hpa")["scaling.yaml"]["spec"]
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "llama"}
    assert spec["metrics"][0]["pods"]["metric"]["name"] == "vllm_num_requests_waiting"


def test_what_scales_sets_the_replicas_and_nothing_else_does(tmp_path):
    assert written(tmp_path, "k8s", replicas=3)["deployment.yaml"]["spec"]["replicas"] == 3
    assert "scaling.yaml" not in written(tmp_path, "k8s", replicas=3)
    assert "replicas" not in written(tmp_path, "k8s", most=3)["deployment.yaml"]["spec"]


def test_it_is_started_when_all_models_give_a_token_and_ready_while_its_own_does(tmp_path):
    _, container = container_of(tmp_path, block=EVERYTHING)
    run = ["python3", "/etc/genops/probe.py", "ready", "20"]
    assert container["startupProbe"]["exec"]["command"] == [*run, "llama", "support"]
    assert container["readinessProbe"]["exec"]["command"] == [*run, "llama"]
    assert container["livenessProbe"]["httpGet"] == {"path": "/health", "port": 8000}
    for name in ("startupProbe", "readinessProbe"):
        assert container[name]["timeoutSeconds"] > 20


def test_a_start_may_take_as_long_as_the_settings_say_for_each_of_its_phases(tmp_path):
    deployed = written(tmp_path, "k8s", block={"path": "models/llama", "start_timeout": 900})["deployment.yaml"]["spec"]
    probe = deployed["template"]["spec"]["containers"][0]["startupProbe"]
    assert probe["failureThreshold"] * probe["periodSeconds"] == 2700
    assert deployed["progressDeadlineSeconds"] > 2700


def test_a_pod_that_ends_drains_before_it_is_killed(tmp_path):
    pod, container = container_of(tmp_path, block=EVERYTHING)
    assert container["lifecycle"]["preStop"]["exec"]["command"][-2:] == ["drain", "45"]
    assert pod["terminationGracePeriodSeconds"] > 45


def test_secrets_are_named_and_never_written(tmp_path, monkeypatch):
    monkeypatch.setenv("VLLM_API_KEY", "s3cret")
    monkeypatch.setenv("HF_TOKEN", "s3cret")
    _, container = container_of(tmp_path, alias="hub")
    named = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in container["env"] if "valueFrom" in each}
    assert named["VLLM_API_KEY"] == {"name": "hub", "key": "api-key"}
    assert named["HF_TOKEN"] == {"name": "hub", "key": "hf-token", "optional": True}
    assert all("s3cret" not in text for text in manifests(wanted(tmp_path, "hub"), "k8s").values())


def test_gpus_follow_from_how_the_model_is_sharded(tmp_path):
    block = {"path": "models/llama", "tensor_parallel": 2, "pipeline_parallel": 2}
    pod, container = container_of(tmp_path, block=block)
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 4
    assert container["resources"]["requests"]["nvidia.com/gpu"] == 4
    memory = [volume["emptyDir"] for volume in pod["volumes"] if volume["name"] == "shm"]
    assert memory == [{"medium": "Memory", "sizeLimit": "8Gi"}]
    assert {"name": "shm", "mountPath": "/dev/shm"} in container["volumeMounts"]


def test_one_gpu_needs_no_shared_memory(tmp_path):
    pod, container = container_of(tmp_path)
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert "shm" not in {volume["name"] for volume in pod["volumes"]}


def test_a_named_gpu_is_asked_for_by_its_label(tmp_path):
    pod, _ = container_of(tmp_path, gpu="H200")
    terms = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert terms[0]["matchExpressions"][0]["values"] == ["NVIDIA-H200", "NVIDIA-H200-NVL"]
    assert "affinity" not in container_of(tmp_path)[0]


def test_files_of_this_machine_are_expected_on_the_volume_and_only_read(tmp_path):
    _, container = container_of(tmp_path, block=EVERYTHING)
    assert container["args"][0] == "/models/llama"
    assert '{"name": "support", "path": "/models/adapters/support"}' in container["args"]
    assert {"name": "models", "mountPath": "/models", "readOnly": True} in container["volumeMounts"]
    assert str(tmp_path) not in "".join(manifests(wanted(tmp_path, block=EVERYTHING), "k8s").values())


def test_a_model_of_the_hub_is_fetched_onto_the_volume_at_its_revision(tmp_path):
    _, container = container_of(tmp_path, alias="hub")
    assert container["args"][0] == "meta-llama/Llama-3.1-8B"
    assert "--revision=0123456" in container["args"]
    assert {"name": "HF_HOME", "value": "/models/hub"} in container["env"]
    assert {"name": "models", "mountPath": "/models"} in container["volumeMounts"]


def test_the_small_files_go_along_as_they_are(tmp_path):
    found = written(tmp_path, "k8s", block=EVERYTHING)
    texts = found["config.yaml"]["data"]
    assert texts["chat_template.jinja"] == TEMPLATE
    assert "def drain" in texts["probe.py"]
    assert (
        "--chat-template=/etc/genops/chat_template.jinja"
        in found["deployment.yaml"]["spec"]["template"]["spec"]["containers"][0]["args"]
    )


def test_pods_are_replaced_when_a_small_file_changes(tmp_path):
    def mark():
        template = written(tmp_path, "k8s", block=EVERYTHING)["deployment.yaml"]["spec"]["template"]
        return template["metadata"]["annotations"]["genops/config"]

    before = mark()
    assert mark() == before
    (tmp_path / "templates" / "chat.jinja").write_text("{{ messages }}")
    assert mark() != before


def test_several_replicas_share_the_volume(tmp_path):
    assert written(tmp_path, "k8s")["storage.yaml"]["spec"]["accessModes"] == ["ReadWriteOnce"]
    assert written(tmp_path, "k8s", most=2)["storage.yaml"]["spec"]["accessModes"] == ["ReadWriteMany"]


def test_the_container_is_no_root_and_may_become_none(tmp_path):
    pod, container = container_of(tmp_path)
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert pod["automountServiceAccountToken"] is False


@pytest.mark.parametrize("alias", ["llama", "hub"])
def test_a_service_called_vllm_sets_no_variables_of_vllms(tmp_path, alias):
    pod, _ = container_of(tmp_path, alias=alias)
    assert pod["enableServiceLinks"] is False


def test_variables_that_mean_this_machine_stay_here_and_texts_stay_texts(tmp_path):
    _, container = container_of(tmp_path, block=EVERYTHING)
    own = {each["name"]: each.get("value") for each in container["env"]}
    assert own["ODD"] == "on"
    assert "CUDA_VISIBLE_DEVICES" not in own
