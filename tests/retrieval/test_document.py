import copy
import hashlib
import math
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.artifacts import digest_of
from genops.errors import InputError
from genops.retrieval import Document


def test_the_hash_is_that_of_the_text():
    assert Document("a", "a", "Wāles\n").hash == hashlib.sha256("Wāles\n".encode()).hexdigest()


def test_the_digest_covers_all_that_an_index_shows_or_filters_by():
    base = {"id": "a", "uri": "a.md", "text": "x", "metadata": {"year": 2020}}
    changes = [
        {"uri": "b.md"},
        {"text": "y"},
        {"format": "markdown"},
        {"language": "python"},
        {"title": "T"},
        {"metadata": {"year": 2021}},
        {"ttl": 60.0},
        {"pages": [0]},
    ]
    digests = {Document(**{**base, **change}).digest for change in [{}, *changes]}
    assert len(digests) == len(changes) + 1


def test_the_digest_leaves_out_the_time_and_the_order_of_keys():
    one = Document("a", "a", "x", metadata={"a": 1, "b": 2}, modified=5)
    other = Document("a", "a", "x", metadata={"b": 2, "a": 1}, modified=6)
    assert one.digest == other.digest


def test_a_document_cannot_be_changed_and_its_copies_are_checked_and_hashed():
    document = Document("a", "a", "x", metadata={"year": 2020}, pages=[0])
    with pytest.raises(AttributeError):
        document.text = "y"
    assert pickle.loads(pickle.dumps(document)) == copy.copy(document) == document
    assert document._replace(text="y") == Document("a", "a", "y", metadata={"year": 2020}, pages=[0])
    with pytest.raises(InputError, match="its id is empty"):
        document._replace(id="")


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
NAMES = st.one_of(st.sampled_from(["a", "B", "ﬀ", "𝒳", "é"]), st.from_regex(r"x[a-z_]{1,4}", fullmatch=True))
VALUES = st.one_of(TEXTS, st.integers(1 - 2**53, 2**53 - 1), st.floats(-1e300, 1e300), st.booleans(), st.lists(TEXTS))


@settings(deadline=None)
@given(TEXTS, TEXTS, st.dictionaries(NAMES, VALUES), st.sampled_from([None, 60, 0.1, 1e16]))
def test_the_digest_is_that_of_the_canonical_form(text, title, metadata, ttl):
    document = Document("a", "a", text, title=title, metadata=metadata, ttl=ttl)
    body = {"hash": document.hash, "metadata": metadata, "title": title, "ttl": ttl}
    assert document.digest == digest_of({"uri": "a", "format": "text", "language": "", "pages": [], **body})


@settings(deadline=None)
@given(TEXTS)
def test_any_text_without_nul_and_lone_surrogates_is_a_document(text):
    assert Document("a", "a", text).text == text


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"text": "a\0b"}, "its text holds a NUL character"),
        ({"text": "ab\ud800"}, r"its text holds a lone surrogate \(character 2\)"),
        ({"text": None}, "its text is missing, not text"),
        ({"text": b"x"}, "its text is of type bytes, not text"),
        ({"id": ""}, "its id is empty"),
        ({"title": "\udfff"}, "its title holds a lone surrogate"),
        ({"format": "html"}, "its format is 'html', not one of text, markdown, code"),
        ({"modified": 1.5}, "modified is 1.5, not nanoseconds"),
        ({"ttl": 0}, "ttl is 0, not a number of seconds above 0"),
        ({"ttl": math.inf}, "ttl is inf"),
        ({"pages": [2, 0]}, "its pages do not follow each other"),
        ({"pages": [0, 99]}, "its pages do not follow each other"),
        ({"pages": ["0"]}, "its pages are not a list"),
        ({"metadata": [1]}, "its metadata is of type list, not a mapping"),
        ({"metadata": {"a b": 1}}, "metadata 'a b' is not an identifier"),
        ({"metadata": {"and": 1}}, "metadata 'and' is a word of the filter language"),
        ({"metadata": {"a": math.nan}}, "metadata 'a' is nan, which is no number"),
        ({"metadata": {"a": 2**53}}, r"metadata 'a' is 9007199254740992, beyond 2\*\*53; give it as text"),
        ({"metadata": {"a": None}}, "metadata 'a' is missing"),
        ({"metadata": {"a": {}}}, "metadata 'a' is of type dict"),
        ({"metadata": {"a": [1]}}, "metadata 'a' is a list of something else than text"),
        ({"metadata": {"a": ["\0"]}}, "metadata 'a' holds a NUL character"),
    ],
)
def test_what_cannot_be_a_document_is_refused_with_its_id(values, message):
    with pytest.raises(InputError, match=message):
        Document(**{"id": "a", "uri": "a", "text": "x", **values})
