from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from genops.errors import DefinitionError, InputError
from genops.retrieval import Document, chunk_document, default_embedder, embedded_text, whole_chunk
from genops.retrieval.chunk import windows
from genops.retrieval.chunkers.markdown import front_matter_end
from genops.settings import Settings
from tests.retrieval.hashing import HashingEmbedder

CHUNKERS = ["markdown", "sentences", "tokens", "code"]
MARKDOWN = ["# One", "## Two words", "---\nkey: value\n---", "Under\n=====", "- item", "  - inner", "1. first. second"]
MARKDOWN += [
    "```",
    "~~~py",
    "> said",
    "| a | b |\n|---|---|",
    "| 1 | 2 |",
    "<b>html</b>",
    "[a]: /link",
    "[a]: /l\n# One",
]
CODE = ["def f(x):", "    return x", "class A(B):", "  def g(self): pass", "@decorated", "func f() {", "}", "} else {"]
PROSE = [
    "A sentence. Another one! And 三つ目。四つ目。",
    "Dr. No e.g. at 3.14 p.m. Is it?",
    "यह है। वह था॥",
    "هل هذا؟ نعم۔",
]
WORDS = [
    "word " * 40,
    "x" * 2000,
    "文" * 90,
    "ภาษาไทยไม่มีช่องว่าง" * 5,
    "https://e.org/" + "a/" * 60,
    "e.g." * 20,
    "?!" * 20,
]
CHARACTERS = ["👩‍👩‍👧‍👦" * 9, "🇮🇩" * 30, "e\u0301" * 40, "a" + "\u0301" * 100, "क्षि" * 20, "\u200b" * 50, "\ufeff"]
SPACE = ["", "\r", "a\r\nb\r\n\r\nc", "\t", "\u2028", "\x0c", "\x1c", "\x85", "\u3000"]
PIECES = [*MARKDOWN, *CODE, *PROSE, *WORDS, *CHARACTERS, *SPACE]
texts = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=25).flatmap(
        lambda pieces: st.sampled_from(["\n", "\n\n", " ", "\r\n", "\n    "]).map(lambda glue: glue.join(pieces))
    ),
    st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=400),
    st.text(st.sampled_from(" \n\r\t#-`.a字\u0301\u200d👩"), max_size=200),
)


class ByteEmbedder(HashingEmbedder):
    """A token is a byte, also of white space: a text has more tokens than its words together."""

    def count_tokens(self, text):
        return 2 + len(text.encode())


EMBEDDERS = [HashingEmbedder(), ByteEmbedder()]
EMBEDDER = EMBEDDERS[0]


def chunks_of(text, chunker="markdown", size=24, overlap=6, embedder=EMBEDDER, **fields):
    return chunk_document(Document("a", "a", text, **fields), embedder, chunker, size, overlap)


def passages(text, *args, **fields):
    return [text[chunk.start : chunk.end] for chunk in chunks_of(text, *args, **fields)]


@pytest.mark.parametrize("chunker", CHUNKERS)
@pytest.mark.parametrize("embedder", EMBEDDERS, ids=["words", "bytes"])
@given(text=texts, size=st.integers(16, 62), part=st.floats(0, 0.99), language=st.sampled_from(["python", "go"]))
@example(text="# One\n    a\r\nb\r\n\r\nc\n    \n    \u2028", size=16, part=0.0, language="go")
@settings(max_examples=60, deadline=None)
def test_chunks_are_ordered_spans_that_fit_and_cover_the_text(chunker, embedder, text, size, part, language):
    overlap = int(size * part)
    document = Document("a", "a", text, title="A title. " * 3, language=language)
    chunks = chunk_document(document, embedder, chunker, size, overlap)
    for chunk in chunks:
        passage = text[chunk.start : chunk.end]
        assert passage.strip() == passage != ""
        assert embedder.count_tokens(passage) - 2 <= size
        assert embedder.count_tokens(embedded_text(document, chunk)) <= embedder.window
    for one, other in pairwise(chunks):
        assert one.start < other.start
        assert one.end < other.end
        assert embedder.count_tokens(text[other.start : one.end]) - 2 <= overlap
    skipped = front_matter_end(text) if chunker == "markdown" else 0
    covered = {place for chunk in chunks for place in range(chunk.start, chunk.end)}
    assert all(text[place].isspace() for place in range(skipped, len(text)) if place not in covered)
    assert chunk_document(document, embedder, chunker, size, overlap) == chunks


@given(text=texts, embedder=st.sampled_from(EMBEDDERS))
@settings(max_examples=100, deadline=None)
def test_windows_lose_nothing(text, embedder):
    pieces = windows(text, embedder)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(embedder.count_tokens(piece) <= embedder.window for piece in pieces)


@pytest.mark.parametrize("chunker", CHUNKERS)
@pytest.mark.parametrize(
    "piece", ["x", "\n", " ", "\n ", "# ", "文", ".", "\u0301", "\u200b", "🇮🇩", ". ", "(\n", "a\n", "{\n"]
)
def test_degenerate_text_is_cut_as_any_other(chunker, piece):
    text = piece * (100_000 // len(piece))
    assert sum(chunk.end - chunk.start for chunk in chunks_of(text, chunker, overlap=0)) <= len(text)


@pytest.mark.parametrize("format", ["text", "markdown", "code"])
def test_auto_goes_by_the_format_of_the_document(format):
    text = "# One\nThe first. The second.\n# Two\nThe third.\n\ndef f():\n    pass\n"
    last = {"text": text.strip(), "markdown": "# Two\nThe third.\n\ndef f():\n    pass", "code": "def f():\n    pass"}
    assert passages(text, "auto", format=format)[-1] == last[format]


@pytest.mark.parametrize("chunker", CHUNKERS)
def test_the_title_of_a_document_is_its_outermost_heading(chunker):
    (chunk,) = chunks_of("some text", chunker, title=" Of\nwhales ")
    assert (chunk.heading, chunk.context) == ("Of whales", "Of whales")


def test_a_title_that_is_also_the_first_heading_is_said_once():
    assert [chunk.heading for chunk in chunks_of("# Guide\n\none\n\n## Use\n\ntwo", title="Guide")] == [
        "Guide",
        "Guide > Use",
    ]


def test_what_is_embedded_is_the_context_and_the_passage():
    document = Document("a", "a", "# Guide\n\n## Use\n\nfour")
    (chunk,) = chunk_document(document, EMBEDDER, "markdown", 24, 6)
    assert embedded_text(document, chunk) == "Guide > Use\n# Guide\n\n## Use\n\nfour"
    (chunk,) = chunk_document(document, EMBEDDER, "tokens", 24, 6)
    assert embedded_text(document, chunk) == document.text


def test_a_long_heading_leaves_room_for_the_text():
    chunks = chunks_of(f"# {'outer ' * 10}\n\n## {'inner ' * 10}\n\n{'text ' * 100}", size=60)
    assert chunks[-1].context == "inner " * 9 + "inner"
    assert chunks[-1].heading.startswith("outer outer")


def test_an_endless_heading_is_shortened():
    assert len(chunks_of(f"{'word ' * 10_000}\n===\n\ntext")[-1].heading) == 301


def test_ids_follow_document_span_and_text():
    ids = {chunks_of(text)[0].id for text in ("some text", "\nsome text", "other txt")}
    ids.add(chunk_document(Document("b", "a", "some text"), EMBEDDER, "markdown", 24, 6)[0].id)
    assert len(ids) == 4
    assert chunks_of("some text")[0].id == chunks_of("some text")[0].id


def test_a_size_beyond_the_window_is_reported():
    with pytest.raises(DefinitionError, match="chunk_tokens is 65, and the embedder 'hashing' reads 64"):
        chunks_of("text", size=65)


@pytest.mark.parametrize("overlap", [24, -1])
def test_an_overlap_that_is_not_below_the_size_is_refused(overlap):
    with pytest.raises(DefinitionError, match=f"overlap_tokens is {overlap}, and chunk_tokens 24"):
        chunks_of("text", size=24, overlap=overlap)


def test_a_chunker_that_does_not_exist_is_refused_with_the_nearest_names():
    with pytest.raises(DefinitionError, match="no chunker is called 'sentence'") as error:
        chunks_of("text", "sentence")
    assert "did you mean sentences" in str(error.value)


def test_a_character_that_does_not_fit_is_refused():
    with pytest.raises(InputError, match="document 'a': characters 2 to 3 have 4 tokens, and a chunk has 3 at most"):
        chunks_of("a 🙂", size=3, overlap=0, embedder=ByteEmbedder())


def test_a_chunk_that_someone_else_cut_is_taken_as_it_is():
    document = Document("a", "a", "one two three", title="Numbers")
    chunk = whole_chunk(document, EMBEDDER, 4, 13, ["Primes"])
    assert embedded_text(document, chunk) == "Numbers > Primes\ntwo three"


def test_a_chunk_that_someone_else_cut_is_refused_when_it_is_longer_than_the_window():
    document = Document("a", "a", "word " * 70)
    with pytest.raises(
        InputError, match="document 'a': characters 0 to 350 have 70 tokens, and a chunk has 64 at most"
    ):
        whole_chunk(document, EMBEDDER, 0, 350)
    with pytest.raises(InputError, match="have 67 tokens with heading and special tokens, and the embedder reads 64"):
        whole_chunk(document, EMBEDDER, 0, 320, ["One"])


@pytest.mark.parametrize("span", [(0, 0), (3, 2), (-1, 2), (0, 5)])
def test_a_span_that_is_not_in_the_document_is_refused(span):
    with pytest.raises(InputError, match=f"no characters {span[0]} to {span[1]} in a text of 4"):
        whole_chunk(Document("a", "a", "text"), EMBEDDER, *span)


@pytest.mark.parametrize("chunker", CHUNKERS)
def test_chunks_are_full_by_the_real_tokenizer(chunker, tmp_path):
    minilm = default_embedder(Settings(root=tmp_path))
    text = "# Überschrift\n\n" + "Unbelievably antidisestablishmentarian tokenisation 🙂 déjà-vu, 検索。 " * 60
    document = Document("a", "a", text)
    chunks = chunk_document(document, minilm, chunker, 200, 40)
    lengths = [minilm.count_tokens(embedded_text(document, chunk)) for chunk in chunks]
    assert len(chunks) > 3
    assert min(lengths[:-1]) > 150
    assert max(lengths) <= 256
