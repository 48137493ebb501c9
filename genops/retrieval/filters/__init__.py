"""Filters: conditions on documents' metadata, their data form, and which documents they leave."""

from genops.retrieval.filters.columns import Columns
from genops.retrieval.filters.filter import And, Comparison, Filter, Membership, Not, Or
from genops.retrieval.filters.kinds import Kinds, checked_kind
from genops.retrieval.filters.moments import MODIFIED, with_moments
from genops.retrieval.filters.parse import parse_filter

__all__ = [
    "MODIFIED",
    "And",
    "Columns",
    "Comparison",
    "Filter",
    "Kinds",
    "Membership",
    "Not",
    "Or",
    "checked_kind",
    "parse_filter",
    "with_moments",
]
