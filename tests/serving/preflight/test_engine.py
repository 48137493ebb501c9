"""The findings about the vLLM that the settings name."""

from __future__ import annotations

from pathlib import Path

from genops.serving.preflight import Preflight, preflight
from genops.settings import load_settings
from tests.serving.faked import make_project


def checked(root: Path) -> Preflight:
    return preflight(load_settings(root), "tiny", "h100")


def test_every_flag_that_the_installed_vllm_does_not_have_is_named(tmp_path: Path) -> None:
    make_project(tmp_path, "extra = {enforce-eagre = true, swap-space = 4}")
    found = checked(tmp_path)
    flags = [finding for finding in found.findings if finding.code == "flag"]
    assert len(flags) == 2
    assert "enforce-eager" in flags[0].hint + flags[0].message.replace("enforce-eagre", "")
    assert not found.ready
    assert found.vllm == "vllm 0.32.0"


def test_flags_that_it_has_are_no_finding(tmp_path: Path) -> None:
    make_project(tmp_path, "extra = {enforce-eager = true}")
    found = checked(tmp_path)
    assert [finding.code for finding in found.findings if finding.severity == "error"] == []
