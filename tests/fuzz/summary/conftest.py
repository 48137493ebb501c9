"""A store of campaigns."""

import pytest

from tests.fuzz.stored import Campaigns


@pytest.fixture
def campaigns(tmp_path):
    made = Campaigns(tmp_path)
    yield made
    made.store.close()
