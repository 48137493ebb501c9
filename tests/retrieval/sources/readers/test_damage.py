"""Whatever is in a file, reading it gives valid documents or one error that names it."""

import hypothesis
import pytest
from hypothesis import strategies as st

from genops.errors import UsageError
from genops.index_settings import FileSource
from genops.retrieval import Document
from genops.retrieval.sources import SourceFile
from genops.retrieval.sources.files import FoundFile
from tests.retrieval.sources.readers import test_docx, test_html, test_pdf

RECORDS = {"id": "id", "text": "t", "metadata": {"n": "int"}}
WHOLE = {
    "code": b"def f():\n    pass\n",
    "csv": b'id,t,n\n1,"x, ""y""",2\n2,z,3\n',
    "docx": test_docx.saved(test_docx.report()),
    "html": test_html.PAGE.encode(),
    "jsonl": b'{"id": 1, "t": "x", "n": 2}\n{"id": 2, "t": "\\ud83d\\ude00"}\n',
    "markdown": b"---\ntitle: T\ntags: [a, b]\n---\n# H\n\ntext\n",
    "pdf": test_pdf.pdf(["one two", "three"], title="T"),
    "text": "hé\r\nllo".encode(),
}

edits = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 20), st.binary(max_size=20)), max_size=5)


@pytest.mark.parametrize("reader", WHOLE)
@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(edits=edits)
def test_a_damaged_file_gives_documents_or_an_error(tmp_path_factory, reader, edits):
    data = WHOLE[reader]
    for position, removed, inserted in edits:
        at = position % (len(data) + 1)
        data = data[:at] + inserted + data[at + removed :]
    path = tmp_path_factory.mktemp("damage") / "file"
    path.write_bytes(data)
    source = FileSource(path="*", **(RECORDS if reader in ("csv", "jsonl") else {}))
    file = SourceFile(path.parent, "file", source, 0, 1_000_000)
    refused = None
    try:
        assert all(isinstance(document, Document) for document in FoundFile("file", None, file, reader).read())
    except UsageError as error:
        refused = error
    assert refused is None or refused.at.path == path
