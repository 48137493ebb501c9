"""Texts in disguise: other codes, other alphabets, other marks, and how one is found in whatever it is put."""

from genops.disguise.folding import fold
from genops.disguise.search import SHORTEST, Found, search, share_in_order

__all__ = ["SHORTEST", "Found", "fold", "search", "share_in_order"]
