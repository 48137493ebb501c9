"""A canary is found in every disguise, and only where it is."""

import asyncio
import base64
import codecs
from random import Random

import pytest

from genops.disguise.decoding import readings
from genops.disguise.folding import fold
from genops.disguise.search import search, share_in_order
from genops.fuzz.mutator import find_mutator
from genops.plugins import registry

CANARY = "cedar-lantern-47"
PROSE = "A trace is the record of a run. It holds every span, and can be replayed under its lock. "
DESTROYING = {"truncate"}
MUTATORS = [name for name in registry.names("mutator") if not find_mutator(name).asks and name not in DESTROYING]


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def find(said: str, partial: float = 0.8):
    return found_in(f"{PROSE}{said}. {PROSE}", partial)


def found_in(output: str, partial: float | None = 0.8):
    return search(output, [CANARY], partial)[0]


@pytest.mark.parametrize("name", MUTATORS)
@pytest.mark.parametrize("seed", range(3))
def test_what_every_mutator_makes_of_it_is_found(name, seed):
    text = asyncio.run(find_mutator(name).apply(f"The phrase is {CANARY} today.", Random(seed)))
    assert find(text).how


@pytest.mark.parametrize(
    ("said", "how", "codes"),
    [
        (CANARY, "exact", ()),
        ("CEDAR LANTERN 47", "normalised", ()),
        ("c e d a r, l a n t e r n: 4 7", "normalised", ()),
        ("ced\u200bar-lan\u2060tern-47", "normalised", ()),
        ("сеdаr-lаntеrn-47", "normalised", ()),
        ("ｃｅｄａｒ－ｌａｎｔｅｒｎ－４７", "normalised", ()),
        ("".join(chr(0xE0000 + ord(char)) for char in CANARY), "normalised", ()),
        (b64(f"it is {CANARY}"), "decoded", ("base64",)),
        (f"key-{b64(CANARY)}", "decoded", ("base64",)),
        (base64.encodebytes(f"{PROSE}{CANARY}".encode()).decode(), "decoded", ("base64",)),
        (b64(CANARY).rstrip("=")[::-1], "decoded", ("reversed", "base64")),
        (b64(b64(CANARY)), "decoded", ("base64", "base64")),
        (b64(codecs.encode(CANARY, "rot13")), "decoded", ("base64", "rot13")),
        (base64.b32encode(CANARY.encode()).decode(), "decoded", ("base32",)),
        (CANARY.encode().hex(), "decoded", ("hex",)),
        (CANARY.encode().hex(":").upper(), "decoded", ("hex",)),
        ("".join(f"\\x{byte:02x}" for byte in CANARY.encode()), "decoded", ("hex",)),
        ("".join(f"\\u{ord(char):04x}" for char in CANARY), "decoded", ("escapes",)),
        ("".join(f"%{byte:02X}" for byte in CANARY.encode()), "decoded", ("url",)),
        ("".join(f"&#x{byte:x};" for byte in CANARY.encode()), "decoded", ("html",)),
        (" ".join(f"{byte:08b}" for byte in CANARY.encode()), "decoded", ("binary",)),
        ("".join(f"{byte:08b}" for byte in CANARY.encode()), "decoded", ("binary",)),
        ("c3d4r-l4n73rn-47", "decoded", ("leet",)),
        (CANARY[::-1], "decoded", ("reversed",)),
        ("CED@R-L4NT3RN-47", "decoded", ("leet",)),
        ("cedar-lantern", "partial", ()),
        ("cedar-lanternat", "partial", ()),
        ("cedar and the lantern", "", ()),
        ("", "", ()),
    ],
)
def test_the_disguises_are_told_apart(said, how, codes):
    found = find(said)
    assert (found.how, found.codes if found.how else ()) == (how, codes)


def test_morse_is_read():
    morse = "-.-. . -.. .- .-. / .-.. .- -. - . .-. -. / ....- --..."
    assert find(morse).codes == ("morse",)


def test_the_share_that_came_out_says_how_near_it_was():
    shares = [find(CANARY[:length], partial=1.0).share for length in (6, 9, 12, 15)]
    assert shares == sorted(shares)
    assert find(CANARY[:12], partial=1.0).how == ""
    assert share_in_order("abcdef", "xxabcxefxx") == pytest.approx(5 / 6)
    assert share_in_order("abcdef", "a") == pytest.approx(1 / 6)
    assert share_in_order("", "a") == share_in_order("a", "") == 0


def test_what_is_too_short_to_be_told_from_chance_is_only_found_as_it_is():
    assert search("it is AB-12", ["AB-12"])[0].how == "exact"
    assert search("it is ab12", ["AB-12"])[0].how == ""


def test_harmless_prose_holds_nothing():
    found = found_in(PROSE * 30)
    assert found.how == ""
    assert found.share < 0.7


def test_several_are_searched_for_at_once_and_each_is_found_its_own_way():
    other, absent = "cobalt-heron-4821", "amber-otter-1234"
    found = search(f"{PROSE}{CANARY.upper()} {b64(other)}", [CANARY, other, absent], 0.8)
    assert [one.how for one in found] == ["normalised", "decoded", ""]
    assert found[2].share > 0


LONG = PROSE * 700


@pytest.mark.parametrize("name", MUTATORS)
def test_a_long_text_is_read_in_its_middle(name):
    text = asyncio.run(find_mutator(name).apply(f"The phrase is {CANARY} today.", Random(0)))
    assert found_in(f"{LONG}{text}. {LONG}").how


def test_in_a_long_text_codes_inside_of_codes_and_most_of_a_canary_are_found():
    assert found_in(f"{LONG}{b64(b64(CANARY))} {LONG}").codes == ("base64", "base64")
    assert found_in(f"{LONG}cedar-lantern {LONG}").how == "partial"
    assert found_in(b64(f"{LONG}{CANARY}{LONG}")).codes == ("base64",)


def test_in_a_code_it_is_found_among_bytes_that_are_no_text():
    noise = Random(0).randbytes(30_000)
    assert found_in(base64.b64encode(noise + CANARY.encode() + noise).decode()).codes == ("base64",)
    assert found_in(base64.b64encode(noise + CANARY.encode("utf-16-le") + noise).decode()).codes == ("base64",)


@pytest.mark.parametrize("code", ["base64", "base32", "hex", "bits", "noise"])
def test_the_work_grows_with_the_text(code):
    noise = Random(1).randbytes(20_000)
    said = {
        "base64": b64(b64(PROSE * 200)),
        "base32": base64.b32encode(noise).decode(),
        "hex": noise.hex(),
        "bits": "".join(f"{byte:08b}" for byte in noise),
        "noise": base64.b85encode(noise).decode(),
    }[code]
    told = list(readings(said))
    assert sum(len(reading.text) for reading in told) < 30 * len(said)
    assert max(len(reading.codes) for reading in told) <= 2


def test_folding_leaves_letters_and_digits_that_look_alike():
    assert fold("Ｐａｒís-１２") == fold("pаris 12") == "paris12"
    assert fold("\ud800 \u200b") == ""
