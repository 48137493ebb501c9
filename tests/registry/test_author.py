from __future__ import annotations

import getpass
from pathlib import Path

import pytest

from genops.registry import current_author


@pytest.fixture(autouse=True)
def no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    configuration = tmp_path / "gitconfig"
    configuration.touch()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(configuration))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    monkeypatch.chdir(tmp_path)
    return configuration


def test_git_says_who_publishes(no_configuration: Path) -> None:
    no_configuration.write_text("[user]\nname = Ada Lovelace\nemail = ada@example.org\n")
    assert current_author() == "Ada Lovelace <ada@example.org>"


def test_half_a_configuration_is_used(no_configuration: Path) -> None:
    no_configuration.write_text("[user]\nemail = ada@example.org\n")
    assert current_author() == "ada@example.org"


def test_the_systems_user_where_git_is_silent_or_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert current_author() == getpass.getuser()
    monkeypatch.setenv("PATH", "")
    assert current_author() == getpass.getuser()
