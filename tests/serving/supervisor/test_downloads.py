"""A download, of which vLLM says nothing, is seen in the hub's cache."""

from genops.serving.supervisor.downloads import downloading
from genops.settings import ModelAlias


def test_the_bytes_on_their_way_are_counted(tmp_path):
    blobs = tmp_path / "hub" / "models--org--name" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "aa").write_bytes(b"done")
    alias = ModelAlias(model="vllm/org/name", vllm={"environment": {"HF_HOME": str(tmp_path)}})
    assert downloading(alias) is None
    (blobs / "bb.incomplete").write_bytes(b"123")
    (blobs / "cc.incomplete").write_bytes(b"4567")
    assert downloading(alias) == 7


def test_a_cache_that_is_not_there_has_no_download(tmp_path):
    environment = {"HF_HUB_CACHE": str(tmp_path / "none")}
    assert downloading(ModelAlias(model="vllm/org/name", vllm={"environment": environment})) is None
