"""A supervisor of fake servers, whose waits are short."""

import asyncio
import contextlib

import pytest

from genops.serving.supervisor import Pace, Supervisor
from genops.settings import load_settings
from genops.store import Store
from tests.serving.faked import make_project, until

QUICK = Pace(poll=0.05, beat=0.1, check=0.2, answer=20.0, back_off=0.1, longest=0.4, restarts=3, leave=0.3, kill=3.0)


class Served:
    """A supervisor at work in this process, and what it told."""

    def __init__(self, root, pace):
        self.root = root
        self.said = []
        self.settings = load_settings(root)
        self.store = Store.open(f"sqlite:///{root / 'genops.db'}")
        self.supervisor = Supervisor(self.settings, self.store, "tiny", lambda _, line: self.said.append(line), pace)
        self.run = None

    @property
    def record(self):
        (found,) = self.store.served("tiny", live=False)
        return found

    async def until(self, holds, seconds=60.0):
        end = asyncio.get_running_loop().time() + seconds
        while not holds():
            if self.run.done():
                await self.run
            assert asyncio.get_running_loop().time() < end, (self.said, self.store.served("tiny", live=False))
            await asyncio.sleep(0.02)

    def states(self):
        return [one.state for one in self.store.served("tiny", live=False)]

    async def ready(self, times=1):
        await self.until(lambda: sum(line.startswith("ready at") for line in self.said) >= times)
        await self.until(lambda: "ready" in self.states())


@pytest.fixture
def served(tmp_path):
    """Starts the supervisor of a project; it is stopped at the end, whatever happens."""

    @contextlib.asynccontextmanager
    async def start(more="", pace=QUICK, **behaviour):
        fake = make_project(tmp_path, more) if not (tmp_path / "fake").exists() else None
        found = Served(tmp_path, pace)
        found.fake = fake or start.fake
        start.fake = found.fake
        if behaviour:
            found.fake.behave(**behaviour)
        found.run = asyncio.create_task(found.supervisor.run())
        try:
            yield found
        finally:
            found.supervisor.stop()
            found.supervisor.stop()
            await asyncio.wait([found.run], timeout=60)
            found.store.close()

    return start


__all__ = ["until"]
