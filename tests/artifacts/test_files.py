import os
from pathlib import Path

import pytest

from genops.artifacts import adapter_component, file_digest, kept_digest
from genops.errors import DefinitionError


def adapter(folder: Path, weights: bytes = b"weights") -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text('{"r": 8}')
    (folder / "adapter_model.safetensors").write_bytes(weights)
    return folder


def test_a_file_is_known_by_its_content(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    assert file_digest(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    file.write_bytes(b"abd")
    assert file_digest(file) != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_kept_digest_spares_the_reading_until_the_file_changes(tmp_path):
    from genops.artifacts import files

    file, cache = tmp_path / "file", tmp_path / "cache"
    file.write_bytes(b"abc")
    digest = file_digest(file, cache)
    (kept,) = cache.iterdir()
    kept.write_text(kept.read_text().replace(digest, "f" * 64))
    files._remembered.clear()
    assert file_digest(file, cache) == "f" * 64  # another process believes what is kept
    file.write_bytes(b"abd")
    assert file_digest(file, cache) == file_digest(file)


@pytest.mark.parametrize("damage", ["", "nonsense", "1 2 3 4 short", "\u00fc"])
def test_a_damaged_note_is_written_anew(tmp_path, damage):
    from genops.artifacts import files

    file, cache = tmp_path / "file", tmp_path / "cache"
    file.write_bytes(b"abc")
    digest = file_digest(file, cache)
    (kept,) = cache.iterdir()
    kept.write_text(damage)
    files._remembered.clear()
    assert file_digest(file, cache) == digest
    assert digest in kept.read_text()


def test_a_cache_that_cannot_be_written_is_none(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    assert file_digest(file, file / "below_a_file") == file_digest(file)


def test_an_adapter_is_what_an_engine_reads_of_its_folder(tmp_path):
    one, same = adapter(tmp_path / "one"), adapter(tmp_path / "same")
    (same / "README.md").write_text("trained on a Tuesday")
    (same / "optimizer.pt").write_bytes(b"state")
    component = adapter_component("support", one)
    assert (component.kind, component.name) == ("adapter", "support")
    assert adapter_component("other name", same).digest == component.digest
    assert adapter_component("support", adapter(tmp_path / "two", b"others")).digest != component.digest
    assert os.fspath(tmp_path) not in str(component.body)


def test_what_is_no_adapter_is_one_clear_error(tmp_path):
    with pytest.raises(DefinitionError, match="'support' is not there: no such folder"):
        adapter_component("support", tmp_path / "nowhere")
    half = adapter(tmp_path / "half")
    (half / "adapter_model.safetensors").unlink()
    with pytest.raises(DefinitionError, match="no weights"):
        adapter_component("support", half)
    (half / "adapter_config.json").unlink()
    with pytest.raises(DefinitionError, match=r"no adapter_config\.json"):
        adapter_component("support", half)


def test_a_kept_digest_is_found_without_reading_the_file(tmp_path: Path) -> None:
    file, cache = tmp_path / "weights", tmp_path / "cache"
    file.write_bytes(b"0123")
    assert kept_digest(file, cache) is None
    digest = file_digest(file, cache)
    assert kept_digest(file, cache) == digest
    file.write_bytes(b"other")
    assert kept_digest(file, cache) is None
