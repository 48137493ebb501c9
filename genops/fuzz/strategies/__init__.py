"""Attacks of several tries, led by an attacker model."""

from collections.abc import Mapping

from genops.fuzz.strategies.crescendo import Crescendo
from genops.fuzz.strategies.pair import Pair
from genops.fuzz.strategies.strategy import Strategy
from genops.fuzz.strategies.tree import Tree

STRATEGIES: Mapping[str, type[Strategy]] = {made.name: made for made in (Crescendo, Pair, Tree)}
"""Every strategy, by the key that selects it in a campaign."""

__all__ = ["STRATEGIES", "Strategy"]
