import hypothesis
import pytest
from hypothesis import strategies as st

from genops.errors import DefinitionError, InputError
from genops.index_settings import FileSource, IndexSettings
from genops.retrieval.sources import SourceFile, read_documents
from genops.retrieval.sources.readers.csv import read_csv
from genops.settings import Settings

FIELDS = {"id": "key", "text": ["question", "answer"], "title": "name"}


def test_each_row_is_a_document(write, read):
    write("faq.csv", 'key,name,question,answer\nk1,One,"Why, then?",Because.\nk2,,"Two\r\nlines",\n')
    one, two = read({"path": "faq.csv", **FIELDS})
    assert (one.id, one.uri, one.title) == ("faq.csv#k1", "faq.csv", "One")
    assert one.text == "Why, then?\n\nBecause."
    assert (two.id, two.title, two.text) == ("faq.csv#k2", "", "Two\nlines")


def test_rows_without_an_id_are_named_by_their_line(write, read):
    write("a.csv", '\nbody\n"one\nmore"\n\ntwo\n')
    assert [document.id for document in read({"path": "a.csv", "text": "body"})] == ["a.csv#3", "a.csv#6"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_finds_the_columns(write, read_one, delimiter):
    header = delimiter.join(["key", "name", "question", "answer", '"a, b; c"'])
    row = delimiter.join(["k", "n", '"q, r; s|t"', "a", "x"])
    write("a.csv", f"{header}\r\n{row}\r\n")
    assert read_one("a.csv", **FIELDS).text == "q, r; s|t\n\na"


def test_metadata_is_typed(write, read_one):
    write("a.csv", "body,year,score,open,tags,name,none\nx, 2020 ,1.5,Yes,a; b;,7,\n")
    types = {"year": "int", "score": "float", "open": "bool", "tags": "list", "name": "str", "none": "int"}
    document = read_one("a.csv", text="body", metadata=types)
    assert document.metadata == {"year": 2020, "score": 1.5, "open": True, "tags": ["a", "b"], "name": "7"}
    assert read_one("a.csv", text="body", metadata=["year"]).metadata == {"year": " 2020 "}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("k,n\n", "a.csv:1: the header has no column 'key'"),
        ("key,name,questio,answer\n", r"a.csv:1: the header has no column 'question'\n.*did you mean questio"),
        ("key,key,name,question,answer\n", "a.csv:1: the header has two columns 'key'"),
        ("key,name,question,answer\nk,n,q\n", "a.csv:2: 3 fields, and the header has 4"),
        ('key,name,question,answer\nk,n,"q\n\n",a\nk2,n,a, b,c\n', "a.csv:5: 5 fields, and the header has 4"),
        ('key,name,question,answer\nk,n,"q" x,a\n', "a.csv:2: not CSV: ',' expected after '\"'"),
        ('key,name,question,answer\nk,n,"q,a\nk,n,q,a\n', "a.csv:2: not CSV: unexpected end of data"),
        ("key,name,question,answer\nk,n,q,a\nk,n,q,b\n", "a.csv:3: the id 'k' was given before, at 2"),
        ("key,name,question,answer\n ,n,q,a\n", "a.csv:2: field 'key' is empty"),
        (b"key,name,question,answer\nk,n,q,a\nk\xe9,n,q,a\n", r"a.csv:3: not UTF-8 text \(byte 0xe9\)"),
        ("key,name,question,answer\nk,n,q\0,a\n", "a.csv:2: a binary file"),
    ],
)
def test_a_broken_row_is_refused_with_its_line(write, read, rows, message):
    write("a.csv", rows)
    with pytest.raises(InputError, match=message):
        read({"path": "a.csv", **FIELDS})


@pytest.mark.parametrize(
    ("kind", "value"), [("int", "1.5"), ("int", "x"), ("float", "1,5"), ("float", "nan"), ("bool", "maybe")]
)
def test_metadata_of_another_type_is_refused_with_its_line(write, read, kind, value):
    write("a.csv", f'body,m\nx,\ny,"{value}"\n')
    with pytest.raises(InputError, match=r"a\.csv:3: field 'm' is"):
        read({"path": "a.csv", "text": "body", "metadata": {"m": kind}})


def test_a_file_of_records_needs_the_name_of_its_text(write, read):
    write("a.csv", "body\nx\n")
    with pytest.raises(DefinitionError, match=r"source 'a\.csv': csv files hold records, and no field is named"):
        read("a.csv")


def test_a_field_may_be_as_large_as_the_limit_and_no_larger(write, tmp_path):
    settings = Settings(root=tmp_path, limits={"payload_bytes": 200_000})
    index = IndexSettings(sources=[{"path": "a.csv", "text": "body"}])
    write("a.csv", "body\n" + "x" * 199_990 + "\n" + "y" * 199_990 + "\n")
    assert [len(document.text) for document in read_documents(settings, index)] == [199_990] * 2
    write("a.csv", 'body\nok\n"' + "x\n" * 150_000 + '"\n')
    with pytest.raises(InputError, match=r"a\.csv:3: a row of more than 200,000 characters"):
        read_documents(settings, index)


def test_a_file_without_rows_has_no_documents(write, read):
    write("a.csv", "")
    write("b.csv", "body\n")
    write("c.csv", "body\nx\n")
    assert [document.uri for document in read({"path": "*.csv", "text": "body"})] == ["c.csv"]


@hypothesis.settings(max_examples=50, deadline=None)
@hypothesis.given(st.lists(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"])), min_size=1))
def test_the_text_is_the_field(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    rows = ['"' + text.replace('"', '""') + '",x' for text in texts]
    path.write_text("\n".join(["body,y", *rows]), encoding="utf-8", newline="")
    found = read_csv(SourceFile(path.parent, "a.csv", FileSource(path="*", text="body"), 0, 100_000))
    assert [document.text for document in found] == texts
