"""Tools of the weak chains and of their twins, and the embedder of their index."""

from __future__ import annotations

import sqlite3

from genops.chains import make_tool
from genops.plugins import Registry
from tests.retrieval import hashing

_SHIPS = (("Aurora", "berth 3", "public"), ("Bella", "berth 5", "public"), ("Corvina", "dry dock", "private"))


def register(registry: Registry) -> None:
    """Adds the tools and the embedder."""
    hashing.register(registry)
    for tool in TOOLS:
        registry.add("tool", tool.name, tool)


def find_ship(name: str) -> list[str]:
    """Where a ship lies. Weak: the name is a part of the query's text."""
    return _select(f"SELECT name, place FROM ships WHERE seen_by = 'public' AND name = '{name}'")


def find_ship_by_name(name: str) -> list[str]:
    """Where a ship lies."""
    return _select("SELECT name, place FROM ships WHERE seen_by = 'public' AND name = ?", name)


def tide_table(place: str) -> str:
    """When the tide is high."""
    return f"High tide at {place}: 06:12 and 18:40."


def check_sum(text: str) -> int:
    """The sum of a text's bytes. Weak: it cannot encode half of a surrogate pair."""
    return sum(text.encode("utf-8")) % 9973


def _select(query: str, *values: str) -> list[str]:
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE ships (name TEXT, place TEXT, seen_by TEXT)")
        database.executemany("INSERT INTO ships VALUES (?, ?, ?)", _SHIPS)
        return [f"{name}: {place}" for name, place in database.execute(query, values)]


TOOLS = tuple(make_tool(function) for function in (find_ship, find_ship_by_name, tide_table, check_sum))
