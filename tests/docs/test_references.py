"""What the pages point to exists: other pages and headings, commands and options, error classes, attributes."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from genops import errors
from genops.errors import GenopsError
from genops.plugins import Registry
from tests.docs.pages import PAGES, ROOT, anchors_of, inline_of, name_of, tokens_of

COMMAND = re.compile(r"(?:^|\s)genops (?P<words>[a-z].*)")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_inside_the_project_leads_somewhere(page: Path):
    broken = []
    for line, children in inline_of(page):
        for target in (str(child.attrs["href"]) for child in children if child.type == "link_open"):
            path, _, anchor = target.partition("#")
            if "://" in path:
                continue
            goal = (page.parent / path) if path else page
            if not goal.exists() or (anchor and anchor not in anchors_of(goal)):
                broken.append(f"{line}: {target}")
    assert broken == []


def test_every_page_is_reached_from_another_one():
    linked = {
        (page.parent / str(child.attrs["href"]).partition("#")[0]).resolve()
        for page in PAGES
        for _, children in inline_of(page)
        for child in children
        if child.type == "link_open"
    }
    assert {name_of(page) for page in PAGES if page.parent.name == "docs" and page not in linked} == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_in_the_text_exists_with_its_options(page: Path):
    wrong = []
    for line, children in inline_of(page):
        for child in children:
            found = COMMAND.search(child.content) if child.type == "code_inline" else None
            if found and (problem := _problem(found["words"].split())):
                wrong.append(f"{line}: {child.content}: {problem}")
    assert wrong == []


def _problem(words: list[str]) -> str | None:
    """What is wrong with ``chain graph NAME --svg``, if anything."""
    from genops.cli.app import app

    command = get_command(app)
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        name = words.pop(0)
        if name not in command.commands:
            return f"there is no {name}"
        command = command.commands[name]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    unknown = [word for word in words if word.startswith("-") and word not in known | {"--help"} and len(word) > 1]
    return f"no option {', '.join(unknown)}" if unknown else None


def test_the_error_classes_are_those_of_the_code_with_their_exit_codes():
    classes = {
        name: cls for name, cls in vars(errors).items() if isinstance(cls, type) and issubclass(cls, GenopsError)
    }
    told = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", (ROOT / "docs" / "errors.md").read_text(), re.MULTILINE))
    grouping = {"GenopsError", "ModelError", "Unfinished"}
    assert told == {name: str(int(cls.exit_code)) for name, cls in classes.items() if name not in grouping}


def test_the_exit_codes_are_those_of_the_code():
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == sorted(errors.ExitCode)


def test_the_attributes_are_those_of_the_code():
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "genops").rglob("*.py")))
    page = ROOT / "docs" / "tracing.md"
    named = [child.content for _, children in inline_of(page) for child in children if child.type == "code_inline"]
    attributes = {name for name in named if re.fullmatch(r"(gen_ai|genops|openinference|llm)\.[a-z_.]+", name)}
    assert attributes
    assert {name for name in attributes if f'"{name}"' not in code} == set()


def test_every_step_kind_has_a_section():
    headings = anchors_of(ROOT / "docs" / "chains.md")
    assert set(Registry().names("step")) <= headings


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_page_begins_with_one_title(page: Path):
    headings = [token for token in tokens_of(page) if token.type == "heading_open" and token.tag == "h1"]
    assert len(headings) == 1
    assert tokens_of(page)[0] is headings[0]
