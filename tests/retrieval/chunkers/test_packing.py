from itertools import pairwise

from genops.retrieval.chunkers import Block, Break, Room, Ruler, Section, pack
from tests.retrieval.hashing import HashingEmbedder


def packed(text, *blocks, size=10, overlap=0):
    room = Room(Ruler(text, HashingEmbedder()), size, 64)
    return [text[start:end] for start, end in pack(Section((), blocks), room, overlap)]


def words(count):
    return " ".join(f"w{number}" for number in range(count))


def test_a_chunk_is_as_full_as_words_make_it_where_nothing_says_otherwise():
    text = words(24)
    assert [len(chunk.split()) for chunk in packed(text, Block(0, len(text)))] == [10, 10, 4]


def test_a_chunk_ends_at_the_best_break_in_its_second_half():
    text = words(12)
    breaks = [(text.index(f"w{place}"), kind) for place, kind in [(4, 0), (6, 3), (7, 2), (8, 2), (9, 4)]]
    assert packed(text, Block(0, len(text), lambda: breaks))[0] == words(8)


def test_a_block_stays_whole_when_a_chunk_has_room_for_it():
    text = words(12)
    blocks = Block(0, text.index("w4")), Block(text.index("w4"), len(text), whole=True)
    assert packed(text, *blocks) == [words(4), text[text.index("w4") :]]


def test_a_block_that_no_chunk_has_room_for_is_cut_at_its_breaks():
    text = words(20)
    assert packed(text, Block(0, len(text), lambda: [(text.index("w7"), Break.ITEM)], whole=True))[0] == words(7)


def test_a_heading_stays_with_what_follows_it():
    text = words(14)
    breaks = [(text.index("w6"), Break.HEADING)]
    assert packed(text, Block(0, len(text), lambda: breaks))[0] == words(10)


def test_chunks_share_the_overlap_from_the_best_place_in_it():
    text = words(40)
    chunks = packed(text, Block(0, len(text)), overlap=3)
    assert [one.split()[-3:] == other.split()[:3] for one, other in pairwise(chunks)] == [True] * 5
    breaks = [(text.index(f"w{number}"), Break.SENTENCE) for number in range(0, 40, 2)]
    chunks = packed(text, Block(0, len(text), lambda: breaks), overlap=3)
    assert [one.split()[-2:] == other.split()[:2] for one, other in pairwise(chunks)] == [True] * 4


def test_a_word_that_is_longer_than_a_chunk_is_cut_between_characters():
    text = "👩‍👩‍👧‍👦" * 6
    chunks = packed(text, Block(0, len(text)), size=16)
    assert "".join(chunks) == text
    assert all(len(chunk) % 7 == 0 for chunk in chunks)


def test_a_character_that_is_longer_than_a_chunk_is_cut_between_code_points():
    text = "a" + "\u0301\u200d" * 60
    chunks = packed(text, Block(0, len(text)), size=16)
    assert "".join(chunks) == text
    assert len(chunks) > 3


def test_the_whole_text_has_the_last_word_on_its_tokens():
    class Pairs(HashingEmbedder):
        """Two neighbouring words cost a token more than each by itself."""

        def count_tokens(self, text):
            return 2 + max(0, 2 * len(text.split()) - 1)

    text = words(30)
    room = Room(Ruler(text, Pairs()), 9, 64)
    spans = list(pack(Section((), [Block(0, len(text))]), room, overlap=3))
    assert {len(text[start:end].split()) for start, end in spans[:-1]} == {5}
    assert {len(text[b:e].split()) for (_, e), (b, _) in pairwise(spans)} == {2}
