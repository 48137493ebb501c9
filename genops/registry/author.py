"""Who publishes."""

from __future__ import annotations

import getpass
import subprocess


def current_author() -> str:
    """``NAME <EMAIL>`` from git's configuration, what there is of the two, or the name of the system's user."""
    name, email = _git_config("user.name"), _git_config("user.email")
    if name and email:
        return f"{name} <{email}>"
    return name or email or _system_user()


def _git_config(key: str) -> str:
    try:
        found = subprocess.run(["git", "config", "--get", key], check=False, capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip()


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
