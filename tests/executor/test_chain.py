"""A chain in Python: whatever its inputs are called."""

import pytest

import genops
from genops import Chain
from genops.chains import ChainBuilder

NAMES = ("self", "inputs", "options", "name", "cls")


@pytest.fixture
def joined(site):
    @genops.tool
    def join(texts: list[str]) -> str:
        return ",".join(texts)

    builder = ChainBuilder(**dict.fromkeys(NAMES, "str"))
    text = builder.step("text", "tool", "join", **{"with": {"texts": [builder.inputs[name] for name in NAMES]}})
    builder.returns(text)
    return Chain.built("joined", builder, project=site.project)


def test_inputs_may_be_called_anything(joined):
    inputs = {name: str(number) for number, name in enumerate(NAMES)}
    assert joined.run(**inputs).output == "0,1,2,3,4"
    assert joined.run_sync(inputs).output == "0,1,2,3,4"


async def test_so_may_they_when_it_is_awaited_or_streamed(joined):
    inputs = {name: str(number) for number, name in enumerate(NAMES)}
    assert (await joined.arun(**inputs)).output == "0,1,2,3,4"
    assert [piece async for piece in joined.stream(**inputs)] == ["0,1,2,3,4"]


def test_a_step_of_any_kind_takes_fields_of_any_name(site):
    builder = ChainBuilder()
    builder.step("one", "tool", "join", name="n", kind="k", value="v")
    assert builder.data()["steps"]["one"] == {"tool": "join", "name": "n", "kind": "k", "value": "v"}
