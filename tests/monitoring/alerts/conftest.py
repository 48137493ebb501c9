import pytest

from genops.store import Store
from tests.servers.http_receiver import HttpReceiver


@pytest.fixture
async def receiver():
    async with HttpReceiver() as server:
        yield server


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'genops.db'}") as opened:
        yield opened
