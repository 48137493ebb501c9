import glob
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.errors import InputError
from genops.retrieval.sources.globs import Tree


def files(root, pattern):
    return sorted({uri for uri, _ in Tree(root).files(pattern)})


def by_python(root, pattern):
    """What Python's own glob says."""
    found = glob.glob(pattern, root_dir=root, recursive=True, include_hidden=False)  # noqa: PTH207
    return sorted({os.path.normpath(name) for name in found if (root / name).is_file()})


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    for folder in ("", "a", "b", ".h", "a/a", "a/b", "a/.h", "a/b/a", "b/.h/a", "[x]"):
        (root / folder).mkdir(parents=True, exist_ok=True)
        for name in ("a.md", "b.txt", ".h.md", "README", "c[1].md"):
            (root / folder / name).write_text("x")
    return root


parts = st.sampled_from(
    ["**", "*", "a", "b", ".h", "?", "[ab]", "[!a]", ".*", "*.md", "a.md", "README", "c[[]1].md", "[[]x]", ".", "x"]
)

NO_FILES = (".", "a", "b", ".h", "**")
"""Parts that match folders: Python gives these, and ours the files below."""


@settings(deadline=None, max_examples=300)
@given(st.lists(parts, min_size=1, max_size=4).filter(lambda found: found[-1] not in NO_FILES))
def test_a_pattern_means_what_it_means_to_python(tree, chosen):
    pattern = "/".join(chosen)
    assert files(tree, pattern) == by_python(tree, pattern)


def test_hidden_files_need_a_pattern_that_names_them(tree):
    assert all("/." not in f"/{uri}" for uri in files(tree, "**/*"))
    assert files(tree, ".h/*.md") == [".h/a.md", ".h/c[1].md"]
    assert files(tree, "a/.h*") == ["a/.h.md"]


def test_a_folder_stands_for_all_files_below_it(tree):
    assert files(tree, "a") == files(tree, "a/") == files(tree, "a/**/*") == files(tree, "./a/**")


def test_the_status_is_that_of_the_file(tree):
    ((_, status),) = Tree(tree).files("a/a.md")
    assert (status.st_size, status.st_ino) == (1, (tree / "a/a.md").stat().st_ino)


def test_links_are_followed_but_not_in_circles(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/a.md").write_text("x")
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "linked").symlink_to("../outside")
    (docs / "b.md").symlink_to("../outside/a.md")
    (docs / "self").symlink_to(".")
    (docs / "up").symlink_to("..")
    (docs / "nothing.md").symlink_to("nowhere")
    assert files(docs, "**/*.md") == ["b.md", "linked/a.md", "up/outside/a.md"]


def test_what_is_no_regular_file_is_left_out(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "folder.md").mkdir()
    assert files(tmp_path, "*.md") == []


def test_a_name_that_is_not_utf_8_is_refused(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.md")).write_text("x")
    with pytest.raises(InputError, match=r"the name of the file b'caf\\xe9\.md' is not UTF-8"):
        files(tmp_path, "*.md")
    assert files(tmp_path, "*.txt") == []


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refuse(path):
        if os.fspath(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="closed: the folder cannot be listed: Permission denied"):
        files(tmp_path, "**/*.md")
