import subprocess
import sys

from typer.main import get_command

from genops.cli.app import app

LOADED = """
import sys
from typer.testing import CliRunner
from genops.cli.app import app
done = CliRunner().invoke(app, sys.argv[1:])
assert done.exit_code == 0, done.output
print(*sorted(name for name in sys.modules if name.startswith("genops.cli.")))
"""


def loaded_by(*words):
    done = subprocess.run([sys.executable, "-c", LOADED, *words], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_help_loads_no_group_and_a_group_only_itself():
    groups = {"genops.cli.evaluation", "genops.cli.trace", "genops.cli.fuzz", "genops.cli.model"}
    assert loaded_by("--help") & groups == set()
    assert loaded_by("trace", "--help") & groups == {"genops.cli.trace"}


def test_a_group_has_its_commands_when_they_are_asked_for():
    group = get_command(app).commands["cache"]
    assert "commands" not in vars(group)
    assert list(group.commands) == ["show", "clear"]
