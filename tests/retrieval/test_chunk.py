from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.errors import DefinitionError
from genops.retrieval import Document, chunk_document, default_embedder
from genops.retrieval.chunk import windows
from genops.settings import Settings
from tests.retrieval.hashing import HashingEmbedder

EMBEDDER = HashingEmbedder()

LINES = [
    *[
        "",
        "# One",
        "## Two words",
        "Under\n=====",
        "- item",
        "1. first. second",
        "```",
        "| a | b |\n|---|---|",
        "> said",
    ],
    *["A sentence. Another one! And 三つ目。四つ目。", "word " * 40, "x" * 2000, "---", "<b>html</b>", "    code"],
    *["[a]: /link", "[a]: /link\n# One"],
]
texts = st.one_of(
    st.lists(st.sampled_from(LINES), max_size=25).map("\n".join),
    st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=400),
)


def chunks_of(text, uri="a.md", size=24, overlap=6, embedder=EMBEDDER):
    return chunk_document(
        Document(uri, uri, text, "markdown" if uri.endswith(".md") else "text"), embedder, size, overlap
    )


@given(text=texts, uri=st.sampled_from(["a.md", "a.txt"]), size=st.integers(16, 64), part=st.floats(0, 0.49))
@settings(max_examples=150, deadline=None)
def test_chunks_are_spans_that_fit_the_window_and_cover_the_text(text, uri, size, part):
    chunks = chunks_of(text, uri, size, int(size * part))
    for chunk in chunks:
        assert text[chunk.start : chunk.end] == chunk.text
        assert chunk.text.strip() == chunk.text != ""
        assert EMBEDDER.count_tokens(chunk.text) - 2 <= size
        assert EMBEDDER.count_tokens(chunk.embedded_text) <= EMBEDDER.window
    assert sorted({chunk.start for chunk in chunks}) == [chunk.start for chunk in chunks]
    assert sorted({chunk.end for chunk in chunks}) == [chunk.end for chunk in chunks]
    covered = {place for chunk in chunks for place in range(chunk.start, chunk.end)}
    assert all(character.isspace() for place, character in enumerate(text) if place not in covered)


@given(text=texts)
@settings(max_examples=30, deadline=None)
def test_the_same_document_gives_the_same_chunks(text):
    assert chunks_of(text) == chunks_of(text)


@given(text=texts)
@settings(max_examples=50, deadline=None)
def test_windows_lose_nothing(text):
    pieces = windows(text, EMBEDDER)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(EMBEDDER.count_tokens(piece) <= EMBEDDER.window for piece in pieces)


def test_a_chunk_knows_the_headings_above_it():
    chunks = chunks_of("intro\n\n# Guide\n\none\n\n## Install\n\ntwo\n\n### Linux\n\nthree\n\n## Use\n\nfour\n")
    assert [(chunk.heading, chunk.text.split("\n")[-1]) for chunk in chunks] == [
        ("", "intro"),
        ("Guide", "one"),
        ("Guide > Install", "two"),
        ("Guide > Install > Linux", "three"),
        ("Guide > Use", "four"),
    ]
    assert chunks[3].embedded_text == "Guide > Install > Linux\n### Linux\n\nthree"


def test_a_heading_without_text_goes_with_what_follows():
    assert [chunk.text for chunk in chunks_of("# Guide\n## Install\n\ntwo\n")] == ["# Guide\n## Install\n\ntwo"]


def test_a_hash_in_a_code_block_is_no_heading():
    assert {chunk.heading for chunk in chunks_of("# Guide\n\n```sh\n# comment\nls\n```\n")} == {"Guide"}


def test_plain_text_has_no_headings():
    assert {chunk.heading for chunk in chunks_of("# Guide\n\ntext", uri="a.txt")} == {""}


def test_a_chunk_ends_with_a_paragraph_when_it_is_half_full():
    first, second = "one two three. " * 4, "four five six. " * 4
    assert [chunk.text for chunk in chunks_of(f"{first}\n\n{second}", overlap=0)] == [first.strip(), second.strip()]


def test_neighbours_share_at_most_the_overlap():
    chunks = chunks_of(" ".join(f"Number {n}." for n in range(40)), size=16, overlap=7)
    shared = [a.text[b.start - a.start :] for a, b in pairwise(chunks)]
    assert {EMBEDDER.count_tokens(text) - 2 for text in shared} == {6}


def test_a_long_heading_leaves_room_for_the_text():
    chunks = chunks_of(f"# {'outer ' * 10}\n\n## {'inner ' * 10}\n\n{'text ' * 100}", size=60)
    assert chunks[-1].context == "inner " * 9 + "inner"
    assert chunks[-1].heading.startswith("outer outer")


def test_ids_follow_uri_span_and_text():
    same, moved = chunks_of("some text"), chunks_of("\nsome text")
    assert same[0].id == chunks_of("some text")[0].id
    assert len({same[0].id, moved[0].id, chunks_of("some text", uri="b.md")[0].id, chunks_of("other txt")[0].id}) == 4


def test_a_size_beyond_the_window_is_reported():
    with pytest.raises(DefinitionError, match="chunk_tokens is 65, and the embedder 'hashing' reads 64"):
        chunks_of("text", size=65)


def test_an_overlap_of_half_the_size_is_refused():
    with pytest.raises(DefinitionError, match="overlap_tokens is 12"):
        chunks_of("text", size=24, overlap=12)


@pytest.mark.parametrize("text", ["x" * 300_000, "\n" * 300_000, " " * 300_000, "\n " * 150_000, "# " * 100_000])
def test_degenerate_text_is_cut_as_any_other(text):
    assert sum(chunk.end - chunk.start for chunk in chunks_of(text, overlap=0)) <= len(text)


def test_chunks_fit_the_window_of_the_real_tokenizer(tmp_path):
    minilm = default_embedder(Settings(root=tmp_path))
    text = "# Überschrift\n\n" + "Unbelievably antidisestablishmentarian tokenisation 🙂 déjà-vu, 検索。 " * 60
    chunks = chunks_of(text, size=256, overlap=40, embedder=minilm)
    assert len(chunks) > 3
    assert max(minilm.count_tokens(chunk.embedded_text) for chunk in chunks) in range(200, 257)
