"""A download, of which vLLM says nothing, is seen in the hub's cache."""

from genops.serving.supervisor.downloads import downloading


def test_the_bytes_on_their_way_are_counted(tmp_path):
    blobs = tmp_path / "hub" / "models--org--name" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "aa").write_bytes(b"done")
    assert downloading("org/name", {"HF_HOME": str(tmp_path)}) is None
    (blobs / "bb.incomplete").write_bytes(b"123")
    (blobs / "cc.incomplete").write_bytes(b"4567")
    assert downloading("org/name", {"HF_HOME": str(tmp_path)}) == 7
    assert downloading("org/name", {"HF_HUB_CACHE": str(tmp_path / "hub")}) == 7


def test_a_model_that_is_none_of_the_hub_s_has_no_download(tmp_path):
    assert downloading("/models/a", {"HF_HOME": str(tmp_path)}) is None
