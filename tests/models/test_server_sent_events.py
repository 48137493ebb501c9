import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.models.server_sent_events import EventDecoder


def decode(*pieces: bytes) -> list[bytes]:
    decoder = EventDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return [*events, *decoder.finish()]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_in_any_of_three_ways(end):
    assert decode(b"data: a" + end + end + b"data: b" + end + end) == [b"a", b"b"]


def test_comments_and_other_fields_are_passed_over():
    assert decode(b": ping\n\nevent: x\nid: 3\nretry: 10\ndata: a\n\n:\n\n") == [b"a"]


def test_data_over_several_lines_is_one_event():
    assert decode(b"data: a\ndata:b\ndata:  c\n\n") == [b"a\nb\n c"]


def test_the_last_event_needs_no_empty_line():
    assert decode(b"data: a\n\ndata: b") == [b"a", b"b"]


def test_a_byte_order_mark_is_no_text():
    assert decode(b"\xef\xbb", b"\xbfdata: a\n\n") == [b"a"]


@settings(max_examples=50)
@given(
    st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=8), max_size=4),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
    st.lists(st.integers(1, 7), min_size=1),
)
def test_pieces_do_not_matter(texts, end, sizes):
    stream = b"".join(b"data: " + text.encode() + end + end for text in texts)
    pieces, position, turn = [], 0, 0
    while position < len(stream):
        size = sizes[turn % len(sizes)]
        pieces.append(stream[position : position + size])
        position, turn = position + size, turn + 1
    assert decode(*pieces) == [text.encode() for text in texts]
