"""``genops model deploy``."""

import pytest

from tests.serving.deploy.places import served

SETTINGS = """
[models.llama]
model = "vllm/llama"

[models.llama.vllm]
path = "models/llama"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    served(tmp_path)
    (tmp_path / "genops.toml").write_text(SETTINGS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENOPS_ROOT", str(tmp_path))
    return tmp_path


def invoke(*words):
    from typer.testing import CliRunner

    from genops.cli.app import app

    return CliRunner().invoke(app, ["model", "deploy", *words])


def test_it_writes_below_deploy_and_says_what(project):
    done = invoke("llama", "--target", "k8s")
    assert done.exit_code == 0, done.output
    assert "new: deploy/k8s/llama/deployment.yaml" in done.stdout
    text = (project / "deploy/k8s/llama/deployment.yaml").read_text()
    assert text.startswith("# Written by genops model deploy llama --target k8s; digest ")
    assert "image: vllm/vllm-openai:v0.32.0\n" in text
    assert "no vLLM here to check the flags against" in done.stderr


def test_run_again_it_shows_the_difference(project):
    invoke("llama", "--target", "k8s", "--out", "there")
    again = invoke("llama", "--target", "k8s", "--out", "there")
    assert {line.split(":")[0] for line in again.stdout.splitlines()} == {"unchanged"}
    other = invoke("llama", "--target", "k8s", "--out", "there", "--replicas", "3")
    assert "changed: there/deployment.yaml" in other.stdout
    assert "-  replicas: 1\n+  replicas: 3\n" in other.stdout


def test_a_file_tells_how_it_is_written_again(project):
    words = ("llama", "--target", "k8s", "--max-replicas=3", "--gpu=h100", "--namespace=models")
    invoke(*words)
    first = (project / "deploy/k8s/llama/scaling.yaml").read_text().splitlines()[0]
    said = first.removeprefix("# Written by genops model deploy ").partition(";")[0].split()
    assert sorted(said) == sorted(words)
    assert invoke(*said, "--diff").exit_code == 0


def test_diff_writes_nothing_and_its_exit_code_says_whether_it_would(project):
    assert invoke("llama", "--target", "compose", "--diff").exit_code == 1
    assert not (project / "deploy").exists()
    invoke("llama", "--target", "compose")
    assert invoke("llama", "--target", "compose", "--diff").exit_code == 0


def test_a_file_that_was_changed_by_hand_stays_unless_forced(project):
    invoke("llama", "--target", "ray")
    file = project / "deploy/ray/llama/serve.yaml"
    file.write_text(file.read_text().replace("route_prefix: /", "route_prefix: /llama"))
    refused = invoke("llama", "--target", "ray")
    assert refused.exit_code == 2
    assert "changed, changed by hand: deploy/ray/llama/serve.yaml" in refused.stdout
    assert "-    route_prefix: /llama\n+    route_prefix: /\n" in refused.stdout
    assert "--force" in refused.stderr
    assert "route_prefix: /llama" in file.read_text()
    assert invoke("llama", "--target", "ray", "--force").exit_code == 0
    assert "route_prefix: /llama" not in file.read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("lama", "--target", "k8s"), "no model alias is called 'lama'"),
        (("offline", "--target", "k8s"), "no vllm table"),
        (("llama", "--target", "k9s"), "there is no 'k9s'"),
        (("llama", "--target", "k8s", "--scaler", "hand"), "there is no 'hand'"),
        (("llama", "--target", "k8s", "--count", "0"), "--count"),
        (("llama", "--target", "k8s", "--namespace", "Bad Name"), "--namespace"),
        (("llama",), "--target"),
    ],
)
def test_wrong_usage_is_one_clear_error(project, words, says):
    done = invoke(*words)
    assert done.exit_code == 2
    assert says in done.stderr
    assert "Traceback" not in done.output
    assert not (project / "deploy").exists()
