"""What fuzzing borrows of other tools and of the user: seeds from garak's probes and from files, PyRIT's converters.

Each tool stays in an environment of its own and runs there as a child process; nothing of it is imported here.
"""

from genops.fuzz.adapters.borrowing import Borrowings, borrow
from genops.fuzz.adapters.child import PeerFailed
from genops.fuzz.adapters.pyrit import PREFIX, ConverterUse
from genops.fuzz.adapters.seeds import OWN, SeedSpec

__all__ = ["OWN", "PREFIX", "Borrowings", "ConverterUse", "PeerFailed", "SeedSpec", "borrow"]
