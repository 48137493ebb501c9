import hypothesis
import pytest
from hypothesis import strategies as st

from genops.errors import DefinitionError, InputError
from genops.index_settings import FileSource
from genops.retrieval.sources import SourceFile
from genops.retrieval.sources.readers.text import read_text


def test_a_text_file_is_one_document(write, read_one):
    path = write("notes/a.txt", "Wāles\n")
    document = read_one("notes/*")
    assert (document.id, document.uri, document.text) == ("notes/a.txt", "notes/a.txt", "Wāles\n")
    assert (document.format, document.title, document.metadata, document.pages) == ("text", "", {}, ())
    assert document.modified == path.stat().st_mtime_ns


@hypothesis.settings(max_examples=50, deadline=None)
@hypothesis.given(st.text(st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"])))
def test_spans_count_in_the_file_as_python_reads_it(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_bytes(text.encode())
    (document,) = read_text(SourceFile(path.parent, "a.txt", FileSource(path="*"), 0, 10_000))
    assert document.text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "utf-16", "utf-32"])
def test_line_ends_and_byte_order_mark_make_no_other_document(write, read_one, ends, encoding):
    write("a.txt", f"one{ends}twö{ends}".encode(encoding))
    assert read_one("a.txt").text == "one\ntwö\n"


def test_the_encoding_is_a_setting_and_a_byte_order_mark_wins(write, read_one):
    write("a.txt", "café".encode("latin-1"))
    assert read_one("a.txt", encoding="latin-1").text == "café"
    write("a.txt", "café".encode("utf-8-sig"))
    assert read_one("a.txt", encoding="latin-1").text == "café"


def test_a_ttl_is_taken_from_the_source(write, read_one):
    write("a.txt", "x")
    assert read_one("a.txt", ttl="1h").ttl == 3600


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        ("one\ntwo\ncafé".encode("latin-1"), "utf-8", r"a\.txt:3: not UTF-8 text \(byte 0xe9\)"),
        ("one\ntwo\ncafé".encode(), "ascii", r"a\.txt:3: not ASCII text \(byte 0xc3\)"),
        (b"\xff\xfea\0\n\0\0", "utf-8", r"a\.txt:2: not UTF-16-LE text"),
        (b"\x89PNG\0\0", "utf-8", r"a\.txt: a binary file"),
        ("a\0".encode("utf-16"), "utf-8", r"a\.txt: a binary file"),
    ],
)
def test_what_is_not_text_is_refused_with_its_line(write, read_one, content, encoding, message):
    write("a.txt", content)
    with pytest.raises(InputError, match=message):
        read_one("a.txt", encoding=encoding)


@pytest.mark.parametrize("encoding", ["utf-9", "base64", "no\0name"])
def test_an_unknown_encoding_is_refused(write, read_one, encoding):
    write("a.txt", "x")
    with pytest.raises(DefinitionError, match="there is no encoding of text called"):
        read_one("a.txt", encoding=encoding)


def test_fields_of_records_are_refused(write, read_one):
    write("a.txt", "x")
    with pytest.raises(DefinitionError, match="the reader 'text' reads whole files"):
        read_one("a.txt", text="body")
