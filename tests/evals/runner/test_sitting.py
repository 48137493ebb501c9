"""One sitting at a record: what it does to the whole process, and undoes."""

import gc
from contextlib import ExitStack

import pytest

from genops.errors import Unfinished
from genops.evals.runner.sitting import sitting


@pytest.fixture
def sit(tmp_path):
    return lambda record: sitting(tmp_path, "evaluation", record, "demo", "wait")


def test_the_last_of_several_to_end_leaves_the_collector_as_the_first_found_it(sit):
    before = gc.get_threshold()
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(sit("a"))
        second.enter_context(sit("b"))
        first.close()
        assert gc.get_threshold()[0] > before[0]
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_a_record_is_worked_at_once_at_a_time(sit):
    with sit("a"), pytest.raises(Unfinished, match="under way in another process"), sit("a"):
        pass
    with sit("a"):
        pass
