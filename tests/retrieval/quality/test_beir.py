import json

import pytest

from genops.errors import InputError
from genops.retrieval.quality import read_beir

QUERIES = {"q1": "what is a lock", "q2": "who bakes bread", "q3": "nobody judged this"}
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td3\t1\n"


@pytest.fixture
def folder(tmp_path):
    """A collection of three queries, two of them judged, and three documents."""
    lines = [json.dumps({"_id": name, "text": text, "metadata": {}}) for name, text in QUERIES.items()]
    (tmp_path / "queries.jsonl").write_text("\n".join(lines) + "\n")
    documents = [json.dumps({"_id": name, "title": "", "text": "x"}) for name in ("d1", "d2", "d3")]
    (tmp_path / "corpus.jsonl").write_text("\n".join(documents))
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels/test.tsv").write_text(QRELS)
    return tmp_path


def test_a_folder_is_read_whole(folder):
    found = read_beir(folder, folder, folder)
    assert found.qrels == {"q1": {"d1": 2, "d2": 0}, "q2": {"d3": 1}}
    assert found.queries == {"q1": "what is a lock", "q2": "who bakes bread"}


def test_files_are_read_by_name(folder):
    found = read_beir(folder / "queries.jsonl", folder / "qrels/test.tsv", folder / "corpus.jsonl")
    assert found == read_beir(folder, folder)


def test_the_line_of_names_may_be_missing(folder):
    (folder / "qrels/test.tsv").write_text("q2\td3\t1\r\n\r\n")
    assert read_beir(folder, folder).qrels == {"q2": {"d3": 1}}


def test_numbers_are_ids_too(folder):
    (folder / "queries.jsonl").write_text('{"_id": 7, "text": "seven"}')
    (folder / "qrels/test.tsv").write_text("7\t12\t1\n")
    assert read_beir(folder, folder).qrels == {"7": {"12": 1}}


def test_of_several_files_of_judgements_one_must_be_named(folder):
    (folder / "qrels/train.tsv").write_text(QRELS)
    with pytest.raises(InputError, match=r"more than one.*\n.*name one: qrels/test.tsv, qrels/train.tsv"):
        read_beir(folder, folder)


def test_a_folder_without_judgements_is_named(folder):
    (folder / "qrels/test.tsv").unlink()
    with pytest.raises(InputError, match="no file of judgements"):
        read_beir(folder, folder)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("queries.jsonl", '{"_id": "q1", "text": "a"}\n{', r"queries\.jsonl:2: not a line of JSON"),
        ("queries.jsonl", '{"text": "a"}', r"queries\.jsonl:1: a record has an `_id`"),
        ("queries.jsonl", "[1]", r"queries\.jsonl:1: a record has an `_id`"),
        ("queries.jsonl", '{"_id": "q1"}', r"queries\.jsonl:1: query 'q1' has no `text`"),
        ("queries.jsonl", '{"_id": "q1", "text": "a"}\n' * 2, r"queries\.jsonl:2: query 'q1' is there twice"),
        ("qrels/test.tsv", "q1 d1 1", r"test\.tsv:1: 1 cells where .*\n.*tabs"),
        ("qrels/test.tsv", "q1\t0\td1\t1", r"test\.tsv:1: 4 cells"),
        ("qrels/test.tsv", QRELS + "q2\td9\tyes", r"test\.tsv:5: a grade is an integer, not 'yes'"),
        ("qrels/test.tsv", QRELS + "q9\td1\t1", r"test\.tsv:5: a judgement of query 'q9', which is not"),
        ("qrels/test.tsv", QRELS + "q1\td1\t1", r"test\.tsv:5: two grades of document 'd1' for query 'q1'"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\n", r"test\.tsv: no judgement"),
        ("qrels/test.tsv", QRELS + "q1\td9\t1", r"test\.tsv: 1 of 4 judged documents are not in corpus\.jsonl, 'd9'"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(folder, name, text, message):
    (folder / name).write_text(text)
    with pytest.raises(InputError, match=message):
        read_beir(folder, folder, folder)


def test_a_missing_file_and_a_wrong_encoding_are_named(folder):
    with pytest.raises(InputError, match=r"nothing\.tsv: cannot be read: No such file"):
        read_beir(folder, folder / "nothing.tsv")
    (folder / "queries.jsonl").write_bytes('{"_id": "q1", "text": "café"}'.encode("latin-1"))
    with pytest.raises(InputError, match=r"queries\.jsonl: not UTF-8 text"):
        read_beir(folder, folder)
