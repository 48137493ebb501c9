import json


def test_list_shows_model_inputs_and_what_is_broken(genops, site):
    (site / "prompts" / "odd.prompt").write_text("---\nmodel: [\n---\n")
    found = {row["name"]: row for row in json.loads(genops("prompt", "list", "--json").out)}
    assert found["say"]["model"] == "talker"
    assert found["say"]["inputs"] == ["what", "loud"]
    assert found["odd"]["description"].startswith("broken: ")


def test_show_gives_declarations_and_text(genops):
    out = genops("prompt", "show", "say").out
    assert "input what: str\n" in out
    assert "input loud: bool (optional)\n" in out
    assert "Say {{ what }}" in out
    assert json.loads(genops("prompt", "show", "say", "--json").out)["template"] in out


def test_render_gives_the_messages_and_asks_no_model(genops):
    assert genops("prompt", "render", "say", "-i", "what=hi", "-i", "loud=true").out == "--- user\nSay hi!\n"
    messages = json.loads(genops("prompt", "render", "say", "-i", "what=hi", "--json").out)
    assert messages == [{"role": "user", "content": "Say hi"}]
    assert "'what' (str) is missing" in genops("prompt", "render", "say", code=2).err


def test_check_finds_broken_templates_and_missing_keys(genops, site):
    (site / "prompts" / "odd.prompt").write_text("---\ninputs: {a: str}\n---\n{{ b }}\n")
    (site / "prompts" / "keyed.prompt").write_text("---\nmodel: keyed\n---\nhi\n")
    found = json.loads(genops("prompt", "check", "--json", code=2).out)
    assert {(f["name"], f["severity"]) for f in found} == {("odd", "error"), ("keyed", "warning")}
    assert "GENOPS_TEST_KEY" in next(f["message"] for f in found if f["name"] == "keyed")
    genops("prompt", "check", "say", "keyed")
