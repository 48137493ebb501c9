"""Channels are read from a definition; no secret stands in it, and what is wrong is told with its line."""

import textwrap
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.chains import Parsing
from genops.errors import DefinitionError
from genops.monitoring.alerts import Channel, channels_schema, parse_channels
from genops.monitoring.alerts.channels import parse_channel
from genops.plugins import registry
from genops.syntax import YamlFile, read_yaml

WHOLE = """
    ops: {webhook: "https://example.com/alerts", secret_env: OPS_SECRET, headers_env: {Authorization: OPS_TOKEN}}
    chat: {slack: "https://chat.internal/incoming", timeout: 5s}
    more: {slack_env: SLACK_URL}
    mail: {email: {to: [a@b.example], from: "genops <c@d.example>", host: smtp.example, port: 587, username_env: U,
      password_env: P}}
    am: {alertmanager: "http://alertmanager:9093"}
    any: {apprise: "json://localhost:9"}
    other: {apprise_env: APPRISE_URL}
    run: {command: ["./notify.sh", "--urgent"], timeout: 20}
"""


def read(text, tmp_path="."):
    file = read_yaml("channels:\n" + textwrap.indent(textwrap.dedent(text).strip("\n"), "  "), "live.yaml")
    return file.data["channels"], parse_channels(file.data["channels"], Parsing(file, ("channels",)), tmp_path)


def test_every_kind_is_read(tmp_path):
    _, channels = read(WHOLE, tmp_path)
    kinds = [type(channel).__name__ for channel in channels.values()]
    assert kinds == ["Webhook", "Slack", "Slack", "Email", "Alertmanager", "Apprise", "Apprise", "Command"]
    assert channels["ops"].url == "https://example.com/alerts"
    assert channels["more"].url_env == "SLACK_URL"
    assert (channels["chat"].timeout, channels["run"].timeout) == (5.0, 20.0)
    assert channels["mail"].email.to == ("a@b.example",)


def test_the_schema_takes_what_is_read():
    raw, _ = read(WHOLE)
    schema = channels_schema()
    jsonschema.validate(raw, schema)
    for wrong in ({"webhook": "https://x.example", "slack": "y"}, {"webhook": "ftp://x"}, {"secret_env": "A"}, {}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"ops": wrong}, schema)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ops: https://example.com", "live.yaml:2: the channel 'ops' is no mapping"),
        (
            "a: {webhook: 'https://e.example'}\nops: {webhok: 'https://e.example'}",
            "live.yaml:3: the channel 'ops' is of no",
        ),
        ("ops: {webhok: 'https://e.example'}", "did you mean webhook?"),
        ("ops: {}", "the channel 'ops' is of no kind"),
        ("ops: {webhook: 'https://e.example', slack: 'https://f.example'}", "of several kinds: webhook, slack"),
        ("ops:\n  webhook: 'https://e.example'\n  secret_evn: A", "live.yaml:4: unknown key 'ops.secret_evn'"),
        (
            "ops: {webhook: 'https://e.example', secret: hunter2}",
            "unknown key 'ops.secret'\n  did you mean secret_env?",
        ),
        ("ops: {webhook: 'https://e.example', secret_env: 'not a name'}", "ops.secret_env"),
        ("ops: {webhook: 'e.example/x'}", "it is not an http or https URL"),
        ("ops: {webhook: 'file:///etc/passwd'}", "it is not an http or https URL"),
        ("ops: {webhook: 'https://e.example', webhook_env: A}", "several kinds"),
        ("ops: {webhook: null}", "it needs one address"),
        ("ops: {webhook: 'https://e.example', timeout: 10m}", "ops.timeout"),
        ("ops: {webhook: 'https://e.example', timeout: 0}", "ops.timeout"),
        ("mail: {email: {to: [a@b.example], from: c@d.example}}", "mail.email.host"),
        ("mail: {email: {to: [], from: c@d.example, host: h}}", "mail.email.to"),
        ("mail: {email: {to: [nobody], from: c@d.example, host: h}}", "it is no mail address"),
        ('mail: {email: {to: ["a@b.example\\nBcc: x@y.example"], from: c@d.example, host: h}}', "mail.email.to"),
        ("mail: {email: {to: [a@b.example], from: c@d.example, host: h, password: hunter2}}", "'mail.email.password'"),
        ("mail: {email: {to: [a@b.example], from: c@d.example, host: h, password_env: P}}", "go together"),
        ("any: {apprise: 'nonsense'}", "it is no address that apprise knows"),
        ("run: {command: []}", "run.command"),
        ("run: {command: ['']}", "run.command"),
        ("run: {command: './notify.sh --now'}", "run.command"),
    ],
)
def test_what_is_no_channel_is_told_with_its_line(text, said):
    with pytest.raises(DefinitionError) as caught:
        read(text)
    assert said in str(caught.value)
    assert str(caught.value).startswith("live.yaml:")


def test_a_plug_in_adds_a_kind():
    class Pager(Channel):
        """Pages somebody."""

        pager: str
        urgent: bool = False

        async def send(self, message, *, late=False):
            """Does nothing."""

    registry.add("channel", "pager", Pager)
    raw, channels = read("duty: {pager: '0123', urgent: true}")
    assert channels["duty"].urgent
    jsonschema.validate(raw, channels_schema())
    with pytest.raises(DefinitionError, match=r"unknown key 'duty\.urgnt'"):
        read("duty: {pager: '0123', urgnt: true}")


KEYS = ["webhook", "webhook_env", "slack", "email", "command", "alertmanager", "secret_env", "timeout", "to", "port"]
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("https://a.b/"))
ENTRIES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.integers(), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(ENTRIES)
def test_anything_is_a_channel_or_one_clear_error(entry):
    try:
        channel = parse_channel("ops", entry, Parsing(YamlFile({"ops": entry}, "live.yaml")), Path())
    except DefinitionError:
        return
    assert isinstance(channel, Channel)


@pytest.mark.parametrize(
    "entry",
    [
        "{webhook: 'https://user:hunter2@e.example/x'}",
        "{webhook: 'https://hunter2@e.example/x'}",
        "{webhook: 'https://e.example/x?token=hunter2'}",
        "{webhook: 'https://e.example/x?a=b&api_key=hunter2'}",
        "{slack: 'https://hooks.slack.com/services/T0000/B0000/hunter2'}",
        "{slack: 'https://chat.internal/hooks/hunter2hunter2hunter2hunt2'}",
        "{slack: 'https://discord.com/api/webhooks/1/hunter2/slack'}",
        "{alertmanager: 'http://hunter2:x@am:9093'}",
        "{apprise: 'mailto://user:hunter2@mail.example'}",
        "{apprise: 'slack://T1JJ3T3L2/A1BRTD4JD/hunter2hunter2hunter2hun/#general'}",
    ],
)
def test_an_address_with_a_credential_is_refused_and_not_repeated(entry):
    with pytest.raises(DefinitionError, match="holds a credential") as caught:
        read(f"ops: {entry}")
    assert "hunter2" not in str(caught.value)
    assert "environment variable" in str(caught.value)
