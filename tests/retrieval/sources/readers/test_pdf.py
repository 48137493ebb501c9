import re

import hypothesis
import pytest
from fpdf import FPDF
from hypothesis import strategies as st

from genops.errors import InputError
from genops.index_settings import FileSource
from genops.retrieval.sources import SourceFile
from genops.retrieval.sources.readers.pdf import read_pdf


def pdf(pages, title="", encrypted=None):
    document = FPDF()
    document.set_title(title)
    document.set_author("Ana")
    document.set_font("helvetica", size=12)
    if encrypted is not None:
        document.set_encryption(owner_password="owner", user_password=encrypted)
    for page in pages:
        document.add_page()
        document.multi_cell(0, 10, page)
    return bytes(document.output())


def damaged(data, stream):
    """The file with one of its compressed streams overwritten."""
    at = [found.end() for found in re.finditer(rb"stream\n", data)][2 * stream] + 10
    return data[:at] + b"\xff" * 20 + data[at + 20 :]


def page_of(document, number):
    ends = [*document.pages[1:], len(document.text)]
    return document.text[document.pages[number] : ends[number]].strip()


def test_pages_are_one_text_with_the_offset_of_each(write, read_one):
    write("a.pdf", pdf(["First page.\nSecond line.", "", "Third page."], title="On pages"))
    document = read_one("a.pdf")
    assert (document.format, document.title) == ("text", "On pages")
    assert len(document.pages) == 3
    assert page_of(document, 0) == "First page.\nSecond line."
    assert page_of(document, 1) == ""
    assert page_of(document, 2) == "Third page."


def test_metadata_is_the_file_s_own(write, read_one):
    write("a.pdf", pdf(["x"]))
    document = read_one("a.pdf", metadata=["author", "creationdate"], modified="creationdate")
    assert document.metadata["author"] == "Ana"
    assert document.modified > 1_700_000_000 * 10**9


@pytest.mark.parametrize("title", ["", "Microsoft Word - thesis.doc", "untitled", "final.docx"])
def test_a_title_that_nobody_wrote_is_none(write, read_one, title):
    write("a.pdf", pdf(["x"], title=title))
    assert read_one("a.pdf").title == ""


def test_a_file_that_opens_without_a_password_is_read(write, read_one):
    write("a.pdf", pdf(["x"], encrypted=""))
    assert read_one("a.pdf").text == "x"


GOOD = pdf(["one", "two", "three"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a readable PDF file"),
        (b"not a pdf", "not a readable PDF file"),
        (GOOD[: len(GOOD) // 2], "not a readable PDF file"),
        (pdf(["x"], encrypted="secret"), "encrypted"),
        (pdf(["", ""]), "no text in 2 pages\n.*OCR"),
        (damaged(GOOD, 1), r"1 of 3 pages cannot be read: page 2 \(Error -3 while decompressing"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_its_path(write, read_one, content, message):
    write("a.pdf", content)
    with pytest.raises(InputError, match=rf"a\.pdf: {message}"):
        read_one("a.pdf")


def test_the_parser_s_warnings_are_not_printed(write, read_one, capfd):
    write("a.pdf", GOOD.replace(b"%PDF-1.3", b"%PDX-1.3"))
    read_one("a.pdf")
    assert capfd.readouterr() == ("", "")


@hypothesis.settings(max_examples=20, deadline=None)
@hypothesis.given(st.lists(st.from_regex("[a-z]{1,8}( [a-z]{1,8}){0,5}", fullmatch=True), min_size=1, max_size=4))
def test_every_page_is_between_its_offsets(tmp_path_factory, pages):
    path = tmp_path_factory.mktemp("pdf") / "a.pdf"
    path.write_bytes(pdf(pages))
    (document,) = read_pdf(SourceFile(path.parent, "a.pdf", FileSource(path="*"), 0, 10_000_000))
    assert [page_of(document, number) for number in range(len(pages))] == pages


def test_what_is_no_character_does_not_get_into_the_text(write, read_one, monkeypatch):
    from pypdf import PageObject

    monkeypatch.setattr(PageObject, "extract_text", lambda page: "a\0b \ud83d\ude00 \ud800 soft\u00adhyphen")
    write("a.pdf", pdf(["x"]))
    assert read_one("a.pdf").text == "ab 😀 \ufffd softhyphen"
