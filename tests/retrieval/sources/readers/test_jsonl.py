import hypothesis
import orjson
import pytest
from hypothesis import strategies as st

from genops.errors import InputError
from genops.index_settings import FileSource, IndexSettings
from genops.retrieval.sources import SourceFile, read_documents
from genops.retrieval.sources.readers.jsonl import read_jsonl
from genops.settings import Settings


def lines(*records):
    return b"\n".join(orjson.dumps(record) for record in records)


def test_each_line_is_a_document(write, read):
    write("a.jsonl", lines({"_id": 7, "title": "T", "text": "x"}, {"_id": "b", "title": None, "text": "y\r\nz"}))
    one, two = read({"path": "a.jsonl", "id": "_id", "text": "text", "title": "title"})
    assert (one.id, one.uri, one.title, one.text) == ("a.jsonl#7", "a.jsonl", "T", "x")
    assert (two.id, two.title, two.text) == ("a.jsonl#b", "", "y\nz")


def test_lines_without_an_id_are_named_by_their_number(write, read):
    write("a.ndjson", b'\xef\xbb\xbf{"t": "x"}\r\n\r\n{"t": "y"}\r\n')
    assert [document.id for document in read({"path": "*", "text": "t"})] == ["a.ndjson#1", "a.ndjson#3"]


def test_a_dotted_name_reaches_into_objects(write, read_one):
    write("a.jsonl", lines({"body": {"text": "x"}, "meta": {"year": 2020, "by": {"name": "Ana"}}, "a.b": 1}))
    document = read_one("a.jsonl", text="body.text", metadata=["meta.year", "meta.by.name", "a.b"])
    assert (document.text, document.metadata) == ("x", {"year": 2020, "name": "Ana", "b": 1})


def test_metadata_keeps_its_type_or_takes_the_declared_one(write, read_one):
    write("a.jsonl", lines({"t": "x", "i": 1, "f": 2.0, "b": True, "s": "5", "l": ["a"], "n": None}))
    names = ["i", "f", "b", "s", "l", "n", "absent"]
    assert read_one("a.jsonl", text="t", metadata=names).metadata == {"i": 1, "f": 2.0, "b": True, "s": "5", "l": ["a"]}
    declared = {"i": "str", "f": "int", "b": "bool", "s": "str", "l": "list"}
    found = read_one("a.jsonl", text="t", metadata=declared).metadata
    assert found == {"i": "1", "f": 2, "b": True, "s": "5", "l": ["a"]}
    assert read_one("a.jsonl", text="t", metadata={"i": "float"}).metadata == {"i": 1.0}


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("2026-01-02T03:04:05.5Z", 1767323045_500000000),
        ("2026-01-02T05:04:05+02:00", 1767323045_000000000),
        ("2026-01-02T03:04:05", 1767323045_000000000),
        ("2026-01-02", 1767312000_000000000),
        (1767323045, 1767323045_000000000),
        (1767323045.5, 1767323045_500000000),
        ("1767323045", 1767323045_000000000),
    ],
)
def test_the_time_of_a_record_is_iso_or_seconds(write, read_one, value, time):
    write("a.jsonl", lines({"t": "x", "at": value}))
    document = read_one("a.jsonl", text="t", modified="at", ttl="1d")
    assert (document.modified, document.ttl) == (time, 86400)


def test_a_record_that_does_not_say_was_modified_with_its_file(write, read_one):
    path = write("a.jsonl", lines({"t": "x", "at": None}))
    assert read_one("a.jsonl", text="t", modified="at").modified == path.stat().st_mtime_ns


GOOD = {"id": "a", "t": "x", "m": 1, "at": 1}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{'a': 1}", r"not JSON: .* \(column 2\)"),
        (b"[1]", "a list, not a JSON object"),
        (b'{"id": "b", "t": "\\ud800"}', "not JSON"),
        (b'{"id": "b", "t": "\\u0000"}', "document 'a.jsonl#b': its text holds a NUL character"),
        (b'{"id": "b", "t": NaN}', "not JSON"),
        (lines({"id": "b", "text": "x"}), r"field 't' is missing \(known: id, text\)"),
        (lines({"t": "x"}), "field 'id' is missing"),
        (lines({**GOOD, "id": ""}), "field 'id' is empty"),
        (lines({**GOOD, "id": True}), "field 'id' is True, not text"),
        (lines({**GOOD, "id": "b", "t": 5}), "field 't' is 5, not text"),
        (lines({**GOOD, "id": "b", "m": "1"}), "field 'm' is '1', not int"),
        (lines({**GOOD, "id": "b", "m": 1.5}), "field 'm' is 1.5, not int"),
        (lines({**GOOD, "id": "b", "m": True}), "field 'm' is True, not int"),
        (lines({**GOOD, "id": "b", "m": 2**60}), "field 'm' is 1152921504606846976, beyond 2"),
        (lines({**GOOD, "id": "b", "at": "soon"}), "field 'at' is 'soon', not a time"),
        (lines({**GOOD, "id": "b", "at": 1e300}), "field 'at' is 1e[+]300, not a time"),
        (lines(GOOD), "the id 'a' was given before, at 1"),
        (b'{"id": "b", "t": "caf\xe9"}', r"not UTF-8 text \(byte 0xe9\)"),
    ],
)
def test_a_broken_line_is_refused_with_its_number(write, read, line, message):
    write("a.jsonl", lines(GOOD, {**GOOD, "id": "z"}) + b"\n" + line + b"\n" + lines({**GOOD, "id": "y"}))
    with pytest.raises(InputError, match=rf"a\.jsonl:3: {message}"):
        read({"path": "a.jsonl", "id": "id", "text": "t", "metadata": {"m": "int"}, "modified": "at"})


@pytest.mark.parametrize(
    ("metadata", "message"),
    [({"m": {}}, "field 'm' is of type dict"), ({"m": [1]}, "field 'm' is a list of something else than text")],
)
def test_what_cannot_be_filtered_by_is_no_metadata(write, read, metadata, message):
    write("a.jsonl", lines({"t": "x", **metadata}))
    with pytest.raises(InputError, match=rf"a\.jsonl:1: {message}"):
        read({"path": "a.jsonl", "text": "t", "metadata": ["m"]})


def test_the_limit_is_that_of_a_line_and_not_of_the_file(write, tmp_path):
    settings = Settings(root=tmp_path, limits={"payload_bytes": 1024})
    index = IndexSettings(sources=[{"path": "a.jsonl", "text": "t"}])
    write("a.jsonl", lines(*[{"t": "x" * 1000}] * 50))
    assert len(read_documents(settings, index)) == 50
    write("a.jsonl", lines({"t": "x"}, {"t": "x" * 2000}))
    with pytest.raises(InputError, match=r"a\.jsonl:2: a line of more than 1,024 characters\n.*limits\.payload_bytes"):
        read_documents(settings, index)


def test_lines_are_read_one_by_one(write, tmp_path):
    path = write("a.jsonl", lines({"t": "x"}) + b"\nbroken")
    found = read_jsonl(SourceFile(path.parent, "a.jsonl", FileSource(path="*", text="t"), 0, 1024))
    assert next(found).text == "x"
    with pytest.raises(InputError, match="not JSON"):
        next(found)


@hypothesis.settings(max_examples=50, deadline=None)
@hypothesis.given(st.lists(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"])), min_size=1))
def test_the_text_is_the_field(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("jsonl") / "a.jsonl"
    path.write_bytes(lines(*[{"t": text} for text in texts]))
    found = read_jsonl(SourceFile(path.parent, "a.jsonl", FileSource(path="*", text="t"), 0, 100_000))
    assert [document.text for document in found] == texts
