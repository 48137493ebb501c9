"""A command gets the message on its standard input; its exit code says whether it took it."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from genops.monitoring.alerts import NotAccepted
from tests.monitoring.alerts.channels.made import channel_of
from tests.monitoring.alerts.messages import RISKY, message_of


def script(folder, text, name="notify.sh"):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return ["./notify.sh"]


async def failure_of(channel):
    with pytest.raises(NotAccepted) as caught:
        await channel.send(message_of())
    return caught.value.message


async def test_it_gets_the_message_in_the_projects_folder(tmp_path):
    command = [*script(tmp_path, 'cat > got.json; echo "$1" > argument'), "$(touch made); two words"]
    await channel_of({"command": command}, tmp_path).send(message_of(text=RISKY))
    assert json.loads((tmp_path / "got.json").read_text()) == message_of(text=RISKY).body()
    assert (tmp_path / "argument").read_text() == "$(touch made); two words\n"
    assert not (tmp_path / "made").exists()


async def test_it_need_not_read(tmp_path):
    await channel_of({"command": ["true"]}, tmp_path).send(message_of(text="x" * 100_000))


async def test_one_that_fails_has_not_taken_it(tmp_path):
    script(tmp_path, "echo started; echo 'no route to the pager' >&2; exit 3")
    channel = channel_of({"command": ["./notify.sh"]}, tmp_path)
    assert await failure_of(channel) == "./notify.sh ended with exit code 3: no route to the pager"
    assert await failure_of(channel_of({"command": ["sh", "-c", "kill -9 $$"]})) == "sh ended with signal 9"


async def test_one_that_is_not_there(tmp_path):
    assert "cannot be started: No such file" in await failure_of(channel_of({"command": ["./gone.sh"]}, tmp_path))
    (tmp_path / "notify.sh").write_text("#!/bin/sh\n")
    assert "cannot be started: Permission denied" in await failure_of(
        channel_of({"command": ["./notify.sh"]}, tmp_path)
    )


async def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path):
    script(tmp_path, "sleep 60 & echo $! > child; wait")
    channel = channel_of({"command": ["./notify.sh"], "timeout": 0.5}, tmp_path)
    assert await failure_of(channel) == "./notify.sh did not end within 0.5 s"
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while is_running(child):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_one_that_leaves_something_running_has_ended(tmp_path):
    script(tmp_path, "sleep 5 & exit 0")
    await channel_of({"command": ["./notify.sh"], "timeout": 4}, tmp_path).send(message_of())


def is_running(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().split(") ")[1][0] != "Z"
    except FileNotFoundError:
        return False
