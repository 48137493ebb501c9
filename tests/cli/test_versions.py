import json
import subprocess

import pytest


def test_a_chain_is_published_labelled_and_rolled_back(genops, site):
    assert genops("chain", "publish", "say", "-m", "first").out == "say@1\n"
    again = genops("chain", "publish", "say", "-m", "again")
    assert again.out == "say@1\n"
    assert "nothing changed" in again.err
    prompt = site / "prompts" / "say.prompt"
    prompt.write_text(prompt.read_text().replace("Say {{", "Loudly: Say {{"))
    assert genops("chain", "publish", "say", "-m", "louder").out == "say@2\n"
    assert genops("chain", "label", "say@1", "live").out == "say@live -> say@1\n"
    genops("chain", "label", "say@2", "live", "-m", "try it")
    assert genops("run", "say@live", "-i", "what=x").out == genops("run", "say", "-i", "what=x").out
    assert genops("chain", "rollback", "say", "live", "-m", "too loud").out == "say@live -> say@1\n"

    found = json.loads(genops("chain", "log", "say", "--json").out)
    assert [version["message"] for version in found["versions"]] == ["louder", "first"]
    assert [(move["version"], move["message"]) for move in found["labels"]] == [(1, "too loud"), (2, "try it"), (1, "")]
    shown = genops("chain", "log", "say").out
    assert "louder" in shown
    assert "too loud" in shown


def test_diff_shows_what_changed_in_the_whole_closure(genops, site):
    genops("chain", "publish", "say", "-m", "first")
    assert "no difference" in genops("chain", "diff", "say@1").err
    prompt = site / "prompts" / "say.prompt"
    prompt.write_text(prompt.read_text().replace("Say ", "Shout "))
    out = genops("chain", "diff", "say@1", "say").out
    assert "changed prompt say" in out
    assert "-Say {{ what }}" in out
    assert "+Shout {{ what }}" in out
    found = json.loads(genops("chain", "diff", "say@1", "--json").out)
    assert [change["kind"] for change in found] == ["prompt"]


def test_a_template_is_published_with_its_model(genops, site):
    assert genops("prompt", "publish", "say", "-m", "first").out == "say@1\n"
    talker = site / "talker.yaml"
    talker.write_text(talker.read_text().replace("nothing", "something"))
    out = genops("prompt", "diff", "say@1").out
    assert "changed model talker" in out
    assert genops("prompt", "show", "say@1").out.startswith("say#")
    assert genops("prompt", "render", "say@1", "-i", "what=x").out == "--- user\nSay x\n"


def test_what_was_never_published_is_named_as_such(genops):
    assert "was published" in genops("prompt", "log", "say", code=2).err
    assert "was published" in genops("chain", "rollback", "say", "live", code=2).err
    genops("chain", "publish", "say", "-m", "first")
    assert "no version 7" in genops("chain", "label", "say@7", "live", code=2).err
    assert "0123abcd" in genops("chain", "diff", "say#0123abcd", code=2).err


def test_a_secret_is_not_published(genops, site):
    with (site / "prompts" / "say.prompt").open("a") as file:
        file.write("key sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH\n")
    assert "secret" in genops("prompt", "publish", "say", "-m", "oops", code=2).err


@pytest.fixture
def commit(site):
    """Commits the project as it is."""

    def git(*arguments):
        identity = ("-c", "user.name=n", "-c", "user.email=e@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=site, check=True, capture_output=True)

    git("init", "-q")

    def commit():
        git("add", ".")
        git("commit", "-q", "-m", "as it is")

    return commit


def test_a_chain_of_a_git_revision_runs_with_the_template_and_alias_of_then(genops, site, commit):
    commit()
    (site / "prompts" / "say.prompt").write_text("Nothing like it.\n")
    settings = site / "genops.toml"
    settings.write_text(settings.read_text().replace('"scripted/talker"', '"scripted/later"'))
    assert genops("run", "say@git:HEAD", "-i", "what=hello").out == "you said hello\n"
    shown = genops("trace", "show", "last", "--full").out
    assert "talker" in shown
    assert "later" not in shown


@pytest.mark.parametrize(
    ("text", "problem"), [("modle = 1\n", "'modle' does not exist"), ("= 1\n", "not readable as TOML")]
)
def test_broken_settings_of_a_git_revision_are_named(genops, site, commit, text, problem):
    settings = site / "genops.toml"
    now = settings.read_text()
    settings.write_text(text)
    commit()
    settings.write_text(now)
    err = genops("run", "say@git:HEAD", "-i", "what=hello", code=2).err
    assert err.startswith("error: HEAD:genops.toml")
    assert problem in err


def test_a_git_revision_without_a_repository_says_so(genops):
    assert "not a git repository" in genops("run", "say@git:HEAD", "-i", "what=x", code=2).err


def test_a_repository_of_another_user_is_told_from_none(genops, commit, monkeypatch):
    commit()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    err = genops("run", "say@git:HEAD", "-i", "what=x", code=2).err
    assert "detected dubious ownership" in err
    assert "safe.directory" in err


def test_what_a_git_revision_has_is_listed_by_names_of_any_script(genops, site, commit):
    (site / "chains/café.yaml").write_text((site / "chains/say.yaml").read_text())
    commit()
    err = genops("run", "sey@git:HEAD", "-i", "what=x", code=2).err
    assert "error: HEAD has no chain 'sey'" in err
    assert "did you mean say?" in err
