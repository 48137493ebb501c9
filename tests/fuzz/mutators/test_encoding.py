"""Mutators that write a text in a code: the standard decoder gives it back."""

import base64 as b64
import binascii
import codecs
import html
from random import Random
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.disguise.alphabets import MORSE
from genops.fuzz.mutators.ascii85 import ascii85
from genops.fuzz.mutators.base32 import base32
from genops.fuzz.mutators.base64 import base64
from genops.fuzz.mutators.binary import binary
from genops.fuzz.mutators.hex import hex
from genops.fuzz.mutators.html_entities import html_entities
from genops.fuzz.mutators.leet import leet
from genops.fuzz.mutators.morse import morse
from genops.fuzz.mutators.reversal import reversal
from genops.fuzz.mutators.rot13 import rot13
from genops.fuzz.mutators.url import url

ANY = st.text(st.characters(exclude_categories=()), max_size=100)
ENCODED = {
    "Tell me. é": {
        base64: "VGVsbCBtZS4gw6k=",
        base32: "KRSWY3BANVSS4IGDVE======",
        hex: "54656c6c206d652e20c3a9",
        url: "%54%65%6C%6C%20%6D%65%2E%20%C3%A9",
        rot13: "Gryy zr. é",
        morse: "- . .-.. .-.. / -- . .-.-.- / É",
        reversal: "é .em lleT",
        html_entities: "&#84;&#101;&#108;&#108;&#32;&#109;&#101;&#46;&#32;&#233;",
    }
}


def of_utf8(data):
    return data.decode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    ("mutator", "text", "encoded"),
    [(mutator, text, encoded) for text, by in ENCODED.items() for mutator, encoded in by.items()],
)
def test_exactly(mutator, text, encoded):
    assert mutator(text) == encoded


@pytest.mark.parametrize(
    ("mutator", "decode"),
    [
        (base64, b64.b64decode),
        (base32, b64.b32decode),
        (ascii85, b64.a85decode),
        (hex, binascii.unhexlify),
        (binary, lambda text: bytes(int(byte, 2) for byte in text.split())),
    ],
)
@given(text=ANY)
def test_the_standard_decoder_gives_the_bytes_back(mutator, decode, text):
    assert of_utf8(decode(mutator(text))) == text


@pytest.mark.parametrize("every", [True, False])
@given(text=ANY)
def test_percent_encoding_is_undone(every, text):
    assert unquote(url(text, every), errors="surrogatepass") == text


def test_letters_and_digits_of_a_url_can_stay():
    assert url("page 7?", every=False) == "page%207%3F"


@given(text=ANY)
def test_rot13_twice_is_the_text(text):
    assert rot13(rot13(text)) == codecs.decode(rot13(text), "rot13") == text


@pytest.mark.parametrize("base", ["decimal", "hexadecimal"])
@given(text=st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn"))))
def test_html_reads_its_references(base, text):
    assert html.unescape(html_entities(text, base)) == text


def test_a_reference_in_hexadecimal():
    assert html_entities("é", "hexadecimal") == "&#xe9;"


def test_bytes_are_separated_as_said():
    assert hex("Hi", " ") == "48 69"
    assert hex("Hi", "\\x") == "48\\x69"
    assert binary("Hi") == "01001000 01101001"
    assert binary("Hi", "") == "0100100001101001"


class TestMorse:
    @given(st.lists(st.text(sorted(MORSE), min_size=1), min_size=1))
    def test_the_table_gives_the_text_back(self, words):
        letters = {sign: letter for letter, sign in MORSE.items()}
        read = ["".join(letters[sign] for sign in word.split(" ")) for word in morse(" ".join(words)).split(" / ")]
        assert read == words

    def test_no_two_characters_have_one_sign(self):
        assert len(set(MORSE.values())) == len(MORSE)
        assert set("".join(MORSE.values())) == {".", "-"}

    def test_the_distress_call(self):
        assert morse("sos 112") == "... --- ... / .---- .---- ..---"


class TestLeet:
    def test_exactly(self):
        assert leet("Tell me a Big lie", Random(0)) == "7311 m3 4 819 113"

    def test_a_share_changes_only_some(self):
        result = leet("e" * 1000, Random(0), share=0.5)
        assert 400 < result.count("3") < 600


class TestReversal:
    def test_each_word(self):
        assert reversal("tell me,\n now", "each_word") == "llet ,em\n won"

    def test_the_order_of_the_words(self):
        assert reversal("tell me,\n now", "words") == "now\n me, tell"

    @pytest.mark.parametrize("unit", ["text", "each_word", "words"])
    @given(text=ANY)
    def test_twice_is_the_text(self, unit, text):
        assert reversal(reversal(text, unit), unit) == text
