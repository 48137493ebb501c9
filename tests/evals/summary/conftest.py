"""A store of evaluations."""

import pytest

from tests.evals.stored import Evaluations


@pytest.fixture
def evaluations(tmp_path):
    made = Evaluations(tmp_path)
    yield made
    made.store.close()
