import hashlib

import pytest

from genops.errors import DefinitionError, InputError
from genops.retrieval import Document, read_documents
from genops.settings import Settings


def read(settings):
    return read_documents(settings, settings.indexes["docs"])


def test_documents_come_sorted_by_uri_each_once(settings_for):
    documents = read(settings_for(sources=["docs/*.txt", "docs/*", "**/*.md"]))
    assert [document.uri for document in documents] == ["docs/locks.md", "docs/notes.txt", "docs/replay.md"]


def test_the_hash_is_that_of_the_text(settings, project):
    (project / "docs/notes.txt").write_bytes("Wāles\n".encode())
    document = next(document for document in read(settings) if document.uri == "docs/notes.txt")
    assert document.text == "Wāles\n"
    assert document.hash == hashlib.sha256("Wāles\n".encode()).hexdigest()


def test_line_ends_and_byte_order_mark_make_no_other_document(settings, project):
    before = {document.uri: document.hash for document in read(settings)}
    path = project / "docs/locks.md"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert {document.uri: document.hash for document in read(settings)} == before


def test_hidden_files_need_a_glob_that_names_them(settings_for, project):
    (project / ".venv").mkdir()
    (project / ".venv/readme.md").write_text("hidden")
    assert all(".venv" not in document.uri for document in read(settings_for(sources=["**/*.md"])))
    assert [document.uri for document in read(settings_for(sources=[".venv/*.md"]))] == [".venv/readme.md"]


@pytest.mark.parametrize("pattern", ["../*.md", "/etc/*", "docs/../../x"])
def test_a_glob_that_leaves_the_project_is_refused(settings_for, pattern):
    with pytest.raises(DefinitionError, match="leaves the project"):
        read(settings_for(sources=[pattern]))


def test_a_glob_that_matches_nothing_is_named(settings_for):
    with pytest.raises(DefinitionError, match=r"'doc/\*\.md' matches no file"):
        read(settings_for(sources=["docs/*", "doc/*.md"]))


def test_empty_files_are_documents_but_not_a_corpus(settings, project):
    (project / "docs/locks.md").write_text("")
    assert len(read(settings)) == 3
    for uri in ("docs/replay.md", "docs/notes.txt"):
        (project / uri).write_text(" \n")
    with pytest.raises(InputError, match="corpus is empty"):
        read(settings)


def test_a_binary_file_is_refused_by_its_path(settings, project):
    (project / "docs/picture.md").write_bytes(b"\x89PNG\0\0")
    with pytest.raises(InputError, match=r"picture\.md: a binary file"):
        read(settings)


def test_a_wrong_encoding_is_refused_with_its_line(settings, project):
    (project / "docs/old.txt").write_bytes("one\ntwo\ncafé".encode("latin-1"))
    with pytest.raises(InputError, match=r"old\.txt:3: not UTF-8 text \(byte 0xe9\)"):
        read(settings)


def test_a_huge_file_is_refused_unread(settings, project):
    small = Settings(root=project, indexes=settings.indexes, limits={"payload_bytes": 1024})
    with (project / "docs/huge.md").open("wb") as stream:
        stream.truncate(1025)
    with pytest.raises(InputError, match=r"huge\.md: larger than 1,024 bytes"):
        read(small)


@pytest.mark.parametrize(("uri", "markdown"), [("a.md", True), ("a.MARKDOWN", True), ("a.txt", False), ("md", False)])
def test_structure_is_known_by_the_name(uri, markdown):
    assert Document(uri, uri, "# x").is_markdown is markdown
