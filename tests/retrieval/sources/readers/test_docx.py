import io
import zipfile
from datetime import UTC, datetime

import docx
import hypothesis
import pytest
from hypothesis import strategies as st

from genops.errors import InputError
from genops.index_settings import FileSource, IndexSettings
from genops.retrieval.sources import SourceFile, read_documents
from genops.retrieval.sources.readers.docx import read_docx
from genops.settings import Settings


def saved(document):
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def report():
    document = docx.Document()
    document.core_properties.title = "Annual report"
    document.core_properties.author = "Ana"
    document.core_properties.modified = datetime(2026, 1, 2, tzinfo=UTC)
    document.add_heading("Report", 0)
    document.add_heading("Results", 1)
    paragraph = document.add_paragraph("Revenue ")
    paragraph.add_run("grew").bold = True
    document.add_paragraph("first", style="List Bullet")
    document.add_paragraph("second", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for row, values in zip(table.rows, [("Year", "Sum"), ("2025", "10")], strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    return document


def repacked(data, changes):
    """A zip file with some of its members replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = changes.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return stream.getvalue()


def test_styles_become_markdown(write, read_one):
    write("a.docx", saved(report()))
    document = read_one("a.docx")
    assert document.format == "markdown"
    assert document.title == "Annual report"
    assert document.text == (
        "# Report\n\n# Results\n\nRevenue **grew**\n\n- first\n- second\n\n| Year | Sum |\n| --- | --- |\n| 2025 | 10 |"
    )


def test_metadata_is_the_file_s_own(write, read_one):
    write("a.docx", saved(report()))
    document = read_one("a.docx", metadata=["creator"], modified="modified")
    assert document.metadata == {"creator": "Ana"}
    assert document.modified == 1767312000 * 10**9


def test_a_picture_is_its_alternative_text(write, read_one, tmp_path):
    document = docx.Document()
    document.add_paragraph("Before")
    picture = document.add_picture(io.BytesIO(PIXEL))
    picture._inline.docPr.set("descr", "A red dot")
    write("a.docx", saved(document))
    assert read_one("a.docx").text == "Before\n\nA red dot"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a zip", "not a readable DOCX file: File is not a zip file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "encrypted, or a .doc of before 2007"),
        (saved(report())[:2000], "not a readable DOCX file"),
        (repacked(saved(report()), {"word/document.xml": b"<broken"}), "not a readable DOCX file"),
        (repacked(saved(report()), {"word/document.xml": None}), "not a readable DOCX file"),
        (repacked(saved(report()), {"docProps/core.xml": b"<broken"}), "not a readable DOCX file"),
    ],
)
def test_a_damaged_file_is_refused_by_its_path(write, read_one, content, message):
    write("a.docx", content)
    with pytest.raises(InputError, match=rf"a\.docx: {message}"):
        read_one("a.docx")


def test_a_file_that_unpacks_to_more_than_the_limit_is_refused(write, tmp_path):
    huge = b"<w:document>" + b" " * 4_000_000 + b"</w:document>"
    path = write("a.docx", repacked(saved(report()), {"word/document.xml": huge}))
    assert path.stat().st_size < 1_000_000
    small = Settings(root=tmp_path, limits={"payload_bytes": 1_000_000})
    with pytest.raises(InputError, match=r"a\.docx: unpacks to more than 1,000,000 bytes\n.*limits\.payload_bytes"):
        read_documents(small, IndexSettings(sources=["a.docx"]))


words = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=8)


@hypothesis.settings(max_examples=5, deadline=None)
@hypothesis.given(st.lists(st.lists(words, min_size=1, max_size=6), min_size=1, max_size=5))
def test_all_words_are_in_the_text_in_order(tmp_path_factory, paragraphs):
    path = tmp_path_factory.mktemp("docx") / "a.docx"
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(" ".join(paragraph))
    path.write_bytes(saved(document))
    (read,) = read_docx(SourceFile(path.parent, "a.docx", FileSource(path="*"), 0, 10_000_000))
    assert read.text == "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
