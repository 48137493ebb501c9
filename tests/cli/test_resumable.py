"""What a command that can be gone on with says when it ends early."""

from contextlib import nullcontext, suppress

import pytest

from genops.cli.resumable import watched
from genops.errors import StoreUnavailable, Unfinished


@pytest.mark.parametrize(
    ("error", "begun", "told"),
    [
        (StoreUnavailable("locked"), True, True),
        (StoreUnavailable("locked"), False, False),
        (KeyboardInterrupt(), True, True),
        (Unfinished("another process is at it"), True, False),
    ],
)
def test_how_to_go_on_is_said_before_the_first_step_too(error, begun, told, capsys):
    with (
        suppress(type(error)),
        watched(nullcontext(lambda _: None), lambda reached: f"{reached or 0} steps", "again") as watch,
    ):
        if begun:
            watch.begin("work")
        raise error
    said = "stopped after 0 steps; what was kept is not made again. Go on with:\n  again\n"
    assert (said in capsys.readouterr().err) is told
