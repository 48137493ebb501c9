"""Tools: what their signature says of them, and what a call can come to."""

import asyncio
import dataclasses
import enum
import subprocess
import sys
import textwrap
import threading
from typing import Literal

import pytest
from pydantic import BaseModel

from genops.chains import make_tool
from genops.errors import DefinitionError, ToolError


@dataclasses.dataclass
class Place:
    name: str
    height: float = 0.0


class Colour(enum.Enum):
    RED = "red"


def describe(
    place: Place, colour: Colour = Colour.RED, tags: list[str] | None = None, mode: Literal["a", "b"] = "a"
) -> str:
    """Describes a place.

    In words.
    """
    return f"{place.name} {place.height} {colour.value} {tags} {mode}"


async def call(function, **arguments):
    return await make_tool(function).call(arguments)


def test_the_schema_follows_from_the_signature():
    made = make_tool(describe)
    assert made.name == "describe"
    assert made.description == "Describes a place.\n\nIn words."
    schema = made.parameters
    assert list(schema["properties"]) == ["place", "colour", "tags", "mode"]
    assert schema["required"] == ["place"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["mode"]["enum"] == ["a", "b"]
    assert made.spec()["function"]["parameters"] == schema


async def test_arguments_arrive_as_their_types():
    assert await call(describe, place={"name": "K2", "height": 8611}, colour="red") == "K2 8611.0 red None a"


async def test_async_functions_are_awaited_and_sync_ones_leave_the_loop_free():
    here = threading.get_ident()

    async def on_loop() -> bool:
        await asyncio.sleep(0)
        return threading.get_ident() == here

    def in_thread() -> bool:
        return threading.get_ident() != here

    assert await call(on_loop) is True
    assert await call(in_thread) is True


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "place"),
        ({"place": {"nme": "x"}}, "name"),
        ({"place": "K2"}, "place"),
        ({"place": {"name": "x"}, "mode": "c"}, "mode"),
        ({"place": {"name": "x"}, "wher": 1}, "no argument 'wher'"),
    ],
)
async def test_wrong_arguments_are_told(arguments, says):
    with pytest.raises(ToolError, match=says):
        await call(describe, **arguments)


async def test_a_failure_is_told_with_its_type():
    def broken() -> str:
        raise KeyError("k")

    with pytest.raises(ToolError, match="tool 'broken' raised KeyError: 'k'"):
        await call(broken)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), StopIteration("end"), StopAsyncIteration("end")])
@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_what_would_stop_the_loop_is_a_failure_of_the_tool(error, kind):
    def sync() -> str:
        raise error

    async def asynchronous() -> str:
        raise error

    with pytest.raises(ToolError, match="raised"):
        await call(sync if kind == "sync" else asynchronous)


async def test_tools_that_hang_keep_neither_a_timeout_nor_other_tools_waiting():
    never = threading.Event()

    def hang() -> str:
        never.wait()
        return "late"

    def quick() -> str:
        return "now"

    hanging = [asyncio.create_task(call(hang)) for _ in range(40)]  # more than the pool of asyncio.to_thread holds
    assert await asyncio.wait_for(call(quick), 10) == "now"
    for task in hanging:
        task.cancel()
    assert all(isinstance(e, asyncio.CancelledError) for e in await asyncio.gather(*hanging, return_exceptions=True))
    never.set()


def test_a_process_ends_although_a_tool_hangs():
    code = """
        import asyncio, threading
        from genops.chains import make_tool

        def hang() -> str:
            threading.Event().wait()
            return "never"

        try:
            asyncio.run(asyncio.wait_for(make_tool(hang).call({}), 0.1))
        except TimeoutError:
            print("timed out")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout) == (0, "timed out\n")


@pytest.mark.parametrize("result", [object(), {1: 2}, {1, 2}, lambda: 1])
async def test_a_result_that_cannot_be_recorded_is_refused(result):
    def give() -> object:
        return result

    with pytest.raises(ToolError, match="cannot be recorded"):
        await call(give)


async def test_results_are_plain():
    class Model(BaseModel):
        x: int

    def give() -> object:
        return [Place("K2"), Model(x=1), (1, 2), b"bytes"]

    assert await call(give) == [{"name": "K2", "height": 0.0}, {"x": 1}, [1, 2], b"bytes"]


def no_annotation(a):
    return a


def not_by_name(*a: int) -> int:
    return 1


def unknown_type(a: "Nowhere") -> int:  # noqa: F821
    return 1


def no_schema(a: threading.Lock) -> int:
    return 1


@pytest.mark.parametrize("function", [no_annotation, not_by_name, unknown_type, no_schema])
def test_a_function_that_cannot_be_typed_is_refused(function):
    with pytest.raises(DefinitionError, match=function.__name__):
        make_tool(function)


@pytest.mark.filterwarnings("error")
async def test_parameters_may_be_called_anything():
    def named(
        schema: str, copy: int, json: str, model_name: str, dict: str, validate: bool, _x: int = 1
    ) -> list[object]:
        return [schema, copy, json, model_name, dict, validate, _x]

    arguments = {"schema": "s", "copy": 1, "json": "j", "model_name": "m", "dict": "d", "validate": True}
    assert await call(named, **arguments) == ["s", 1, "j", "m", "d", True, 1]


def test_the_digest_follows_the_name_the_schema_and_the_effect():
    def one(a: int) -> int:
        return a

    digests = {
        make_tool(one).component.digest,
        make_tool(one, name="two").component.digest,
        make_tool(one, effect="write").component.digest,
    }
    assert len(digests) == 3


@pytest.mark.slow
def test_the_digest_follows_every_file_of_the_package(tmp_path):
    package = tmp_path / "pack"
    (package / "sub").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text("X = 1\n")
    (package / "tools.py").write_text("from pack.helper import X\ndef f(a: int) -> int:\n    return a + X\n")
    code = textwrap.dedent("""
        import sys; sys.path.insert(0, sys.argv[1])
        from genops.chains import make_tool
        from pack.tools import f
        print(make_tool(f).component.digest)
        """)

    def digest():
        done = subprocess.run(
            [sys.executable, "-B", "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    first = digest()
    assert digest() == first
    (package / "helper.py").write_text("X = 2\n")
    assert digest() != first
    (package / "helper.py").write_text("X = 1\n")
    assert digest() == first


async def test_a_cancellation_that_comes_out_of_a_tool_is_its_failure():
    async def cancelled() -> str:
        raise asyncio.CancelledError

    with pytest.raises(ToolError, match="raised CancelledError"):
        await call(cancelled)


async def test_a_tool_is_cancelled_with_who_calls_it():
    async def endless() -> str:
        await asyncio.sleep(600)
        return ""

    calling = asyncio.create_task(call(endless))
    await asyncio.sleep(0.01)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
