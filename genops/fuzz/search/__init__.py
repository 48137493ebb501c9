"""Search for attacks: what a target's behaviour is, which attack to try next, and the shortest form of a finding."""

from genops.fuzz.search.behaviour import FOUND, MISSED, POISON, Regions, Scores, behaviour, closeness
from genops.fuzz.search.best_of_n import BestOf, best_of_n
from genops.fuzz.search.minimise import Minimised, Turns, ddmin, minimise
from genops.fuzz.search.plan import Choice, Plan
from genops.fuzz.search.search import Search

__all__ = [
    "FOUND",
    "MISSED",
    "POISON",
    "BestOf",
    "Choice",
    "Minimised",
    "Plan",
    "Regions",
    "Scores",
    "Search",
    "Turns",
    "behaviour",
    "best_of_n",
    "closeness",
    "ddmin",
    "minimise",
]
