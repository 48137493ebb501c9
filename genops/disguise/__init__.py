"""Texts in disguise: other codes, other alphabets, other marks, and how one is found in whatever it is put."""

from genops.disguise.folding import fold
from genops.disguise.search import SHORTEST, Found, Searched, share_in_order

__all__ = ["SHORTEST", "Found", "Searched", "fold", "share_in_order"]
