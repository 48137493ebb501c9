"""What holds for every test: it leaves no name behind, and has the time that it takes."""

import pytest
from hypothesis import settings

from genops.plugins import registry

# How busy the machine is says nothing of the code.
settings.register_profile("untimed", parent=settings.default, deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _names_of_its_own():
    """What a test registers is forgotten after it: two tests may give one name to different things, in any order."""
    items, added_by = {kind: dict(names) for kind, names in registry._items.items()}, dict(registry._added_by)
    yield
    registry._items, registry._added_by = items, added_by
