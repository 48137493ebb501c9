from pathlib import Path

from typer.main import get_command

from genops.cli.app import app
from genops.cli.reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_in_the_docs_is_the_help_of_every_command():
    assert PAGE.read_text(encoding="utf-8") == reference(), "python -m genops.cli.reference > docs/cli.md"


def test_every_command_has_a_section_and_every_option_a_help():
    page = reference()
    for group in get_command(app).commands.values():
        for command in getattr(group, "commands", {"": group}).values():
            path = f"genops {group.name}" if command is group else f"genops {group.name} {command.name}"
            assert f"\n## {path}\n" in page
            assert all(option.help for option in command.params), path
