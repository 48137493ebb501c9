"""Starts that fail, each with its cause in plain words and nothing left behind."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.vllm.served_project import ServedProject
from tests.vllm.tiny_llama import make_llama

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]


def refused(project: ServedProject, *options: str) -> str:
    """What a start said that must fail, and left no server behind."""
    ended = project.command("model", "serve", "tiny", *options, timeout=240)
    assert ended.returncode in (1, 2, 4), ended.stdout + ended.stderr
    assert project.servers() == []
    return ended.stdout + ended.stderr


def test_a_port_that_is_taken_is_named(project: ServedProject) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        project.change("max_lora_rank = 8", f"max_lora_rank = 8\nport = {port}")
        assert str(port) in refused(project)


def test_a_flag_that_vllm_does_not_know_is_named(project: ServedProject) -> None:
    project.change("enforce-eager = true", "enforce-eagre = true")
    said = refused(project)
    assert "enforce-eagre" in said
    assert "enforce-eager" in said.replace("enforce-eagre", "")


def test_a_model_without_a_template_is_found_before_the_start(project: ServedProject, tmp_path: Path) -> None:
    project.change(f'path = "{_path(project)}"', f'path = "{make_llama(tmp_path / "bare", template=None)}"')
    assert "template" in refused(project)


def test_a_model_without_a_template_never_counts_as_ready(project: ServedProject, tmp_path: Path) -> None:
    project.change(f'path = "{_path(project)}"', f'path = "{make_llama(tmp_path / "bare", template=None)}"')
    assert "template" in refused(project, "--no-check")


def test_heads_that_the_backend_cannot_run_are_found_though_the_server_says_it_is_healthy(
    project: ServedProject, tmp_path: Path
) -> None:
    if not project.is_on_cpu:
        pytest.skip("the backends for GPUs can run such heads")
    project.change(f'path = "{_path(project)}"', f'path = "{make_llama(tmp_path / "heads", heads=16)}"')
    text = (project.root / "genops.toml").read_text()
    (project.root / "genops.toml").write_text(text[: text.index("[models.tiny.vllm.adapters")])
    said = refused(project, "--no-check")
    assert "first answer" in said  # the phase after `/health` has said yes
    assert "this backend cannot run the model's attention" in said


def _path(project: ServedProject) -> str:
    text = (project.root / "genops.toml").read_text()
    return text.partition('path = "')[2].partition('"')[0]
