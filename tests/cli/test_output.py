"""Where a result goes: a file is whole or not there, and what is no file stays what it is."""

import os
import threading
from pathlib import Path

import pytest

from genops.cli.output import out_file
from genops.errors import UsageError


def test_a_file_gets_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text("before")
    with pytest.raises(RuntimeError):
        _half(path)
    assert path.read_text() == "before"
    with out_file(path) as stream:
        stream.write("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def _half(path: Path) -> None:
    with out_file(path) as stream:
        stream.write("half")
        raise RuntimeError


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    path, read = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_text()))
    reader.start()
    with out_file(path) as stream:
        stream.write("through")
    reader.join(10)
    assert read == ["through"]
    assert path.is_fifo()


def test_a_link_leads_to_its_file_as_before(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    file, link = tmp_path / "folder" / "report.txt", tmp_path / "link.txt"
    link.symlink_to(file)
    for text in ("made", "written again"):
        with out_file(link) as stream:
            stream.write(text)
        assert link.is_symlink()
        assert file.read_text() == text


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"), out_file(tmp_path):
        pass
