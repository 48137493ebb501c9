"""What genops's own readers are fed: files of the repository with something done to them, and anything at all."""

import asyncio
import copy
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from genops.errors import GenopsError
from genops.fuzz.mutator import find_mutator
from genops.plugins import registry

ROOT = Path(__file__).parents[3]
DEADLINE_MS = 10_000
"""Against hangs; what is slow on a busy machine is no failure."""

ODD_TEXT = (
    "", " ", "\n", "\r\n", "\t", "\0", "\x1b[31m", "\ud800", "\udfff", "\ufeff", "\u2028", "\u202e", "\x85", "é", "😀",
    "-", "- ", "---", "...", "?", ": ", "#", "&a", "*a", "<<", "!!str", "|", ">", "'", '"', "[", "]", "{", "}",
    "{{", "}}", "{%", "%}", "{#", "{{ x", "{{ x }}", "{{ steps.a.output }}", "{{ inputs }}", "{{ 1 // 0 }}",
    "{% raw %}", "{% include 'a' %}", "{% for x in y %}", "{% endfor %}", "{% system %}", "$", "$ref", "@", "@git:",
    "#1", "9" * 30, "1e999", "-0", ".nan", ".inf", "0x", "null", "true", "2026-02-30", "a" * 300,
    "(" * 120, "[" * 120, "{" * 120,
    "../..", "/", "\\", "a/b", "name", "__class__", "kind", "(?P<", "(a+)+$", "%s", "%99999999d",
)  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**63, -(2**70), 0.0, -0.5, 1e308, float("nan"), float("inf"), [], {},
    [None], [[]], [{}],
    {"": None}, {"a": {}}, {"$": "text"}, {"if": 1}, {"type": None}, {"type": []}, {"type": "str", "default": 3},
    *ODD_TEXT,
)  # fmt: skip

texts = st.text(st.characters(codec=None), max_size=60) | st.sampled_from(ODD_TEXT)
values = st.recursive(
    st.sampled_from(ODD_VALUES) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
_seeds = st.integers(0, 2**32)


def few(count: int = 40) -> settings:
    """The settings of a property in the fast tests."""
    checks = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]
    return settings(max_examples=count, deadline=DEADLINE_MS, suppress_health_check=checks, derandomize=True)


def files(pattern: str) -> list[str]:
    """The texts of the repository's files."""
    found = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob(pattern))]
    assert found, pattern
    return found


def or_says_why(read: Callable[..., Any], *given: Any, place: bool = False, **named: Any) -> Any:
    """What a reader makes of something; None where it refuses in the one way that is allowed.

    Args:
        read: The reader.
        given: What it is given.
        place: Whether a refusal has to name the file.
        named: What else it is given.
    """
    try:
        return read(*given, **named)
    except GenopsError as error:
        refusal = error
    assert refusal.message.strip()
    assert not place or refusal.at is not None, refusal.message
    assert str(refusal)
    return None


@st.composite
def changed_text(draw: st.DrawFn, of: list[str]) -> str:
    """A valid text after one to five changes, or any text."""
    if draw(st.integers(0, 9)) == 0:
        return draw(texts)
    text = draw(st.sampled_from(of))
    for _ in range(draw(st.integers(1, 5))):
        text = _TEXT_CHANGES[draw(st.integers(0, len(_TEXT_CHANGES) - 1))](text, Random(draw(_seeds)))
    return text[:200_000]


@st.composite
def changed_data(draw: st.DrawFn, of: list[Any]) -> Any:
    """Valid data after one to four changes, or any data."""
    if draw(st.integers(0, 9)) == 0:
        return draw(values)
    data = copy.deepcopy(draw(st.sampled_from(of)))
    for _ in range(draw(st.integers(1, 4))):
        data = _change(data, Random(draw(_seeds)))
    return data


def _lines(change: Callable[[list[str], Random], None]) -> Callable[[str, Random], str]:
    def changed(text: str, rng: Random) -> str:
        lines = text.split("\n")
        change(lines, rng)
        return "\n".join(lines)

    return changed


def _delete(items: list[Any], rng: Random) -> None:
    del items[rng.randrange(len(items))]


def _repeat(items: list[Any], rng: Random) -> None:
    items.insert(rng.randrange(len(items) + 1), rng.choice(items))


def _swap(items: list[Any], rng: Random) -> None:
    one, other = rng.randrange(len(items)), rng.randrange(len(items))
    items[one], items[other] = items[other], items[one]


def _indent(lines: list[str], rng: Random) -> None:
    number = rng.randrange(len(lines))
    lines[number] = rng.choice(["  " + lines[number], lines[number][1:], "\t" + lines[number]])


def _revalue(lines: list[str], rng: Random) -> None:
    number = rng.randrange(len(lines))
    lines[number] = f"{lines[number].partition(':')[0]}: {rng.choice(ODD_TEXT)}"


def _insert(text: str, rng: Random) -> str:
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice(ODD_TEXT) + text[place:]


def _cut(text: str, rng: Random) -> str:
    return text[: rng.randrange(len(text) + 1)]


def _flip(text: str, rng: Random) -> str:
    place = rng.randrange(len(text) + 1)
    return text[:place] + chr(rng.choice([rng.randrange(128), rng.randrange(0x11_0000)])) + text[place + 1 :]


def _mutate(text: str, rng: Random) -> str:
    """One of genops's own mutators on one line."""
    names = [name for name in sorted(registry.names("mutator")) if not find_mutator(name).asks]
    lines = text.split("\n")
    number = rng.randrange(len(lines))
    lines[number] = asyncio.run(find_mutator(rng.choice(names)).apply(lines[number], rng))[:20_000]
    return "\n".join(lines)


_TEXT_CHANGES: list[Callable[[str, Random], str]] = [
    *(_lines(change) for change in (_delete, _repeat, _swap, _indent, _revalue)),
    _insert,
    _cut,
    _flip,
    _mutate,
]


def _change(data: Any, rng: Random) -> Any:
    """The data with one of its nodes changed; a list or mapping that is kept is changed in place."""
    places = list(_places(data))
    if not places:
        return rng.choice(ODD_VALUES)
    holder, key = rng.choice(places)
    match rng.randrange(7):
        case 0:
            del holder[key]
        case 1:
            holder[key] = [holder[key]]
        case 2:
            holder[key] = {rng.choice(ODD_TEXT): holder[key]}
        case 3:
            other, name = rng.choice(places)
            holder[key] = copy.deepcopy(other.get(name) if isinstance(other, dict) else other[name])
        case 4 if isinstance(holder, dict):
            holder[rng.choice(ODD_TEXT)] = holder.pop(key)
        case 5 if isinstance(holder[key], str):
            holder[key] = _TEXT_CHANGES[rng.randrange(len(_TEXT_CHANGES))](holder[key], rng)
        case _:
            holder[key] = copy.deepcopy(rng.choice(ODD_VALUES))
    return data


def _places(data: Any) -> Any:
    """Every place of a value in a tree: what holds it, and its key or number."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, item in list(items):
        yield data, key
        yield from _places(item)
