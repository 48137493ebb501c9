"""How a snapshot lies in its collection: points numbered through, first the rows, then what belongs to all of them."""

from __future__ import annotations

import zlib

from pydantic import BaseModel, ConfigDict

DENSE, WORDS = "dense", "words"
ROW_ID, DOCUMENT, DATA = "id", "document", "data"
BLOCK = 1_000
"""Items of a list that one point holds."""
BUCKET = 200
"""Terms that one point holds, about."""
SHEET = 16
"""Documents that one point holds."""


class Layout(BaseModel):
    """Where what is in a collection. Points but the rows have no vectors and are never found by a search.

    Attributes:
        collection: Its name.
        rows: Points from 0: passages.
        sheets: Points after them: documents, some on each.
        buckets: Points after those: each term, by the hash of it, with its number and how many rows have it.
        lists: Points after those: first point and number of points of each list (``sources``, ``values FIELD``).
        points: In all.
        kinds: What each field holds that rows can be filtered by.
        k1: Of BM25, that the rows' weights were computed with.
        b: Of BM25.
    """

    model_config = ConfigDict(frozen=True)

    collection: str
    rows: int
    sheets: int
    buckets: int
    lists: dict[str, tuple[int, int]]
    points: int
    kinds: dict[str, str]
    k1: float
    b: float

    def sheet(self, document: int) -> int:
        """The point that has a document, which is the ``document % SHEET``-th on it."""
        return self.rows + document // SHEET

    def sheet_points(self) -> range:
        """The points that have the documents."""
        return range(self.rows, self.rows + self.sheets)

    def bucket(self, term: str) -> int:
        """The point that has a term."""
        return self.rows + self.sheets + bucket_of(term, self.buckets)

    def parts(self, name: str) -> list[int]:
        """The points of a list."""
        first, count = self.lists[name]
        return list(range(first, first + count))


def bucket_of(term: str, buckets: int) -> int:
    """Which of the buckets has a term."""
    return zlib.crc32(term.encode()) % buckets
