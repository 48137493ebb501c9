"""The chain under attack: what may be known of it, where attacks enter, and what is planted in a copy of it."""

from genops.fuzz.target.carriers import Carriers
from genops.fuzz.target.cases import HarmlessCases, draw_cases
from genops.fuzz.target.entry import StepEntry
from genops.fuzz.target.planted import planted_closure
from genops.fuzz.target.poison import poisoned
from genops.fuzz.target.poisonable import check_poisonable
from genops.fuzz.target.view import target_of

__all__ = [
    "Carriers",
    "HarmlessCases",
    "StepEntry",
    "check_poisonable",
    "draw_cases",
    "planted_closure",
    "poisoned",
    "target_of",
]
