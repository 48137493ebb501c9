import pytest

from genops.errors import InputError
from genops.retrieval import Document, check_documents


def test_documents_pass_one_by_one():
    def endless():
        number = 0
        while True:
            number += 1
            yield Document(str(number), "x", "text")

    checked = check_documents(endless())
    assert [next(checked).id for _ in range(3)] == ["1", "2", "3"]


def test_two_documents_of_one_id_are_refused_with_both_origins():
    documents = [Document("a", "one.txt", "x"), Document("b", "b", "x"), Document("a", "two.txt", "y")]
    with pytest.raises(InputError, match=r"two documents are called 'a': one of one\.txt, one of two\.txt"):
        list(check_documents(documents))


def test_ids_that_the_index_has_already_are_taken():
    taken = {"a": "one.txt"}
    with pytest.raises(InputError, match="two documents are called 'a'"):
        list(check_documents([Document("a", "two.txt", "x")], taken))
    list(check_documents([Document("b", "b.txt", "x")], taken))
    assert taken == {"a": "one.txt", "b": "b.txt"}


def test_what_is_no_document_is_refused():
    with pytest.raises(InputError, match=r"document 2 is of type dict, not a Document\n.*genops\.retrieval\.Document"):
        list(check_documents([Document("a", "a", "x"), {"text": "x"}]))
