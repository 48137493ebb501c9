"""The GPUs that a model is sized for."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from genops.errors import UsageError
from genops.serving.sizing.gpus import GIB, named_gpus, present_gpus, this_cpu


@pytest.mark.parametrize(
    ("text", "count", "gib"),
    [
        ("h200x2", 2, 140.4),
        ("H100", 1, 79.6),
        ("a100-40x8", 8, 40.0),
        ("l4", 1, 22.5),
        ("mi300x", 1, 192.0),
        ("mi300xx8", 8, 192.0),
        ("rtx4090x2", 2, 24.0),
        ("24GiBx4", 4, 24.0),
        ("80GB", 1, 74.5),
    ],
)
def test_gpus_have_a_name_a_number_and_memory(text: str, count: int, gib: float) -> None:
    gpus = named_gpus(text)
    assert gpus.count == count
    assert gpus.memory / GIB == pytest.approx(gib, abs=0.05)
    assert not gpus.present


@pytest.mark.parametrize("text", ["h10", "h200x0", "", "x2", "h200x", "h200 x two", "24", "GiB"])
def test_what_is_no_gpu_is_said_with_what_is(text: str) -> None:
    with pytest.raises(UsageError):
        named_gpus(text)


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(UsageError, match="h100") as raised:
        named_gpus("h101")
    assert "24GiBx2" in str(raised.value)


def test_the_cpu_is_this_machine() -> None:
    cpu = this_cpu()
    assert cpu.cpu
    assert 0 < cpu.free <= cpu.memory


def test_present_gpus_are_those_that_the_engine_would_see() -> None:
    found = present_gpus()
    assert found is None or (found.present and found.count > 0 and 0 < found.free <= found.memory)
    assert present_gpus("") is None


class FakeNvml:
    """NVIDIA's library on a machine with three GPUs of two kinds."""

    NVMLError = RuntimeError
    memory = (80, 24, 80)

    def __init__(self, *, driver: bool = True) -> None:
        self.driver, self.open = driver, 0

    def nvmlInit(self) -> None:  # noqa: N802
        if not self.driver:
            raise self.NVMLError("driver not loaded")
        self.open += 1

    def nvmlShutdown(self) -> None:  # noqa: N802
        self.open -= 1

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return 3

    def nvmlDeviceGetHandleByIndex(self, number: int) -> int:  # noqa: N802
        return number

    def nvmlDeviceGetMemoryInfo(self, number: int) -> SimpleNamespace:  # noqa: N802
        return SimpleNamespace(total=self.memory[number] * GIB, free=(self.memory[number] - number) * GIB)

    def nvmlDeviceGetCudaComputeCapability(self, number: int) -> tuple[int, int]:  # noqa: N802
        return (8, 9) if number == 1 else (9, 0)

    def nvmlDeviceGetName(self, number: int) -> str:  # noqa: N802
        return "NVIDIA L4" if number == 1 else "NVIDIA H100"


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, (3, "NVIDIA L4", 24, 23, (8, 9))),
        ("0,2", (2, "NVIDIA H100", 80, 78, (9, 0))),
        ("1", (1, "NVIDIA L4", 24, 23, (8, 9))),
        ("0,9", (1, "NVIDIA H100", 80, 80, (9, 0))),
        ("GPU-1a2b,GPU-3c4d", (2, "NVIDIA L4", 24, 23, (8, 9))),
    ],
)
def test_of_several_kinds_the_smallest_counts(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, expected: tuple[int, str, int, int, tuple[int, int]]
) -> None:
    library = FakeNvml()
    monkeypatch.setitem(sys.modules, "pynvml", library)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    found = present_gpus(visible)
    assert found is not None
    assert (found.count, found.name, found.memory // GIB, found.free // GIB, found.capability) == expected
    assert library.open == 0


def test_no_driver_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml(driver=False))
    assert present_gpus() is None
