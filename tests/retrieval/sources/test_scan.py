import os
import time

import pytest

from genops.errors import DefinitionError, InputError, ReferenceNotFound
from genops.index_settings import IndexSettings
from genops.plugins import registry
from genops.retrieval.sources import read_documents, scan
from genops.settings import Settings

LONG_AGO = 1_600_000_000 * 10**9


@pytest.fixture
def settled(write, monkeypatch):
    """Writes a file that was changed long ago, by a clock that is an hour ahead."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() + 3600 * 10**9)

    def write_settled(uri, content):
        path = write(uri, content)
        os.utime(path, ns=(LONG_AGO, LONG_AGO))
        return path

    return write_settled


def stamps(scan):
    return {entry.key: entry.stamp for entry in scan.entries}


def test_entries_come_sorted_each_once(write, scanned):
    for uri in ("b.md", "a.md", "docs/a.md", "docs/c.txt"):
        write(uri, "x")
    assert [entry.key for entry in scanned("docs/*", "*.md", "**/*.md").entries] == [
        "a.md",
        "b.md",
        "docs/a.md",
        "docs/c.txt",
    ]


def test_a_scan_opens_no_file(write, scanned):
    path = write("a.pdf", "broken")
    found = scanned("*.pdf")
    path.unlink()
    with pytest.raises(InputError, match=r"a\.pdf: cannot be read: No such file"):
        list(found.read(found.entries[0]))


def test_a_stamp_stays_until_the_file_changes(settled, scanned):
    path = settled("a.md", "one")
    settled("b.md", "one")
    before = stamps(scanned("*"))
    assert None not in before.values()
    assert stamps(scanned("*")) == before
    settled("a.md", "two")  # of the same size, and the same time of change
    after = stamps(scanned("*"))
    assert after["a.md"] != before["a.md"]
    assert after["b.md"] == before["b.md"]
    path.unlink()
    settled("a.md", "two")
    assert stamps(scanned("*"))["a.md"] != after["a.md"]


def test_a_stamp_covers_how_the_file_is_read(settled, scanned):
    settled("a.md", "x")
    ways = [{}, {"reader": "text"}, {"encoding": "latin-1"}, {"ttl": 60}, {"metadata": ["x"]}, {"title": "x"}]
    assert len({stamps(scanned({"path": "a.md", **way}))["a.md"] for way in ways}) == len(ways)
    assert stamps(scanned("a.md")) == stamps(scanned("*.md")) == stamps(scanned({"path": "*", "reader": "markdown"}))


def test_a_file_that_may_still_change_unnoticed_has_no_stamp(write, scanned):
    path = write("a.md", "x")
    assert stamps(scanned("*")) == {"a.md": None}
    os.utime(path, ns=(LONG_AGO, LONG_AGO))  # sets the time of change to now
    assert stamps(scanned("*")) == {"a.md": None}


def test_a_file_of_the_future_has_no_stamp(settled, scanned):
    path = settled("a.md", "x")
    ahead = time.time_ns() + 10**9
    os.utime(path, ns=(ahead, ahead))
    assert stamps(scanned("*")) == {"a.md": None}


def test_the_first_source_that_names_a_file_says_how_it_is_read(write, read):
    write("a.txt", "# x")
    assert [document.format for document in read({"path": "a.txt", "reader": "markdown"}, "*")] == ["markdown"]
    assert [document.format for document in read("*", {"path": "a.txt", "reader": "markdown"})] == ["text"]


@pytest.mark.parametrize("pattern", ["../*.md", "/etc/*", "docs/../../x"])
def test_a_glob_that_leaves_the_project_is_refused(scanned, pattern):
    with pytest.raises(DefinitionError, match="leaves the project"):
        scanned(pattern)


def test_a_glob_that_matches_nothing_is_named(write, scanned):
    write("docs/a.md", "x")
    with pytest.raises(DefinitionError, match=r"'doc/\*\.md' matches no file"):
        scanned("docs/*", "doc/*.md")


def test_an_error_of_the_settings_names_their_file(write, tmp_path):
    settings = Settings(root=tmp_path).model_copy(update={"source": tmp_path / "genops.toml"})
    with pytest.raises(DefinitionError, match=r"genops\.toml: source '\*' matches no file"):
        scan(settings, IndexSettings(sources=["*"]))


def test_an_unknown_reader_is_refused_with_the_nearest(write, scanned):
    write("a.md", "x")
    with pytest.raises(ReferenceNotFound, match=r"no reader is called 'markdwon'\n.*did you mean markdown"):
        scanned({"path": "*", "reader": "markdwon"})


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (["my field"], "metadata 'my field' is not an identifier"),
        (["not"], "metadata 'not' is a word of the filter language"),
        (["a.year", "b.year"], "metadata 'a.year' and 'b.year' would both be called 'year'"),
    ],
)
def test_names_that_cannot_be_filtered_by_are_refused_unread(write, scanned, metadata, message):
    write("a.jsonl", "broken")
    with pytest.raises(DefinitionError, match=message):
        scanned({"path": "*", "text": "t", "metadata": metadata})


def test_an_empty_file_is_a_document_but_no_corpus(write, read):
    write("a.md", "")
    write("b.txt", " \n")
    with pytest.raises(InputError, match="the corpus is empty: no text in 2 documents"):
        read("*")
    write("c.txt", "x")
    assert [document.text for document in read("*")] == ["", " \n", "x"]


def test_without_sources_there_are_no_entries(scanned, read):
    assert scanned().entries == ()
    with pytest.raises(InputError, match="the corpus is empty"):
        read()


def test_a_huge_file_is_refused_with_what_to_do(write, tmp_path):
    path = write("huge.md", "")
    with path.open("wb") as stream:
        stream.truncate(10**10)
    settings = Settings(root=tmp_path, limits={"payload_bytes": 1024})
    with pytest.raises(InputError, match=r"huge\.md: larger than 1,024 bytes\n.*raise `limits\.payload_bytes`"):
        read_documents(settings, IndexSettings(sources=["*"]))


def test_a_broken_file_among_many_is_named_alone(write, read):
    write("a.md", "x")
    write("b.md", b"\xff")
    write("c.md", "x")
    with pytest.raises(InputError, match=r"^\S*b\.md:1: not UTF-8 text \(byte 0xff\)\n  save the file as UTF-8.*$"):
        read("*")


def test_all_broken_files_are_named_at_once(write, read):
    write("a.md", "x")
    write("b.md", b"\xff")
    write("c.pdf", "no")
    write("d.jsonl", '{"x": 1}')
    with pytest.raises(InputError) as caught:
        read("*.md", "*.pdf", {"path": "*.jsonl", "text": "t"})
    first, *lines, hint = str(caught.value).splitlines()
    assert first == "3 sources cannot be read:"
    assert [name for line, name in zip(lines, ["b.md:1: ", "c.pdf: ", "d.jsonl:1: "], strict=True) if name in line]
    assert hint == "  mend them, or narrow the globs in `sources` of the index"


def test_at_most_ten_broken_files_are_named(write, read):
    for number in range(30):
        write(f"{number:02}.md", b"\xff")
    with pytest.raises(InputError, match=r"^10 or more sources cannot be read:") as caught:
        read("*")
    assert str(caught.value).count("not UTF-8") == 10


def test_documents_stream_and_say_where_they_came_from(write, scanned):
    write("a.jsonl", '{"t": "x"}\n{"t": "y"}\nbroken')
    write("b.md", "z")
    pairs = scanned("*.md", {"path": "a.jsonl", "text": "t"}).read_all()
    assert [(entry.key, document.text) for entry, document in (next(pairs), next(pairs))] == [
        ("a.jsonl", "x"),
        ("a.jsonl", "y"),
    ]
    with pytest.raises(InputError, match=r"a\.jsonl:3: not JSON"):
        next(pairs)


def test_only_the_entries_asked_for_are_read(write, scanned):
    write("a.md", b"\xff")
    write("b.md", "x")
    found = scanned("*")
    assert [document.text for _, document in found.read_all([found.entries[1]], {"a.md": "a.md"})] == ["x"]


def test_a_reader_of_a_plug_in_reads_the_files_of_its_name(write, read, scanned):
    @registry.decorator("reader", "rst")
    def read_rst(file):
        text = file.read_text()
        if text == "broken":
            raise RuntimeError("no idea")
        yield file.document(text.upper(), {"title": "T", "year": 5}, pages=[0])

    write("a.rst", "x")
    (document,) = read({"path": "a.rst", "metadata": ["year"]})
    assert (document.text, document.title, document.metadata) == ("X", "T", {"year": 5})
    assert stamps(scanned("a.rst")) == {"a.rst": None}
    write("b.rst", "broken")
    with pytest.raises(InputError, match=r"b\.rst: reader 'rst' failed: RuntimeError: no idea"):
        read("*.rst")
