import os

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from genops.artifacts import Component
from genops.errors import DefinitionError
from genops.index_settings import EmbedderSettings
from genops.settings import ModelAlias, Redaction, Settings
from genops.tracing.redaction import Redactor, find_secrets, refuse_secrets, secret_values
from genops.tracing.redaction.secrets import _RULES, _suspect

# Joined here, so that no scanner takes this file for a leak.
RANDOM = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"
SECRETS = {
    "OPENAI_KEY": "sk-" + "proj-" + RANDOM,
    "ANTHROPIC_KEY": "sk-" + "ant-api03-" + RANDOM,
    "AWS_KEY": "AKI" + "AIOSFODNN7EXAMPLE",
    "GITHUB_TOKEN": "ghp" + "_" + RANDOM[:36],
    "GITLAB_TOKEN": "glp" + "at-" + RANDOM[:20],
    "SLACK_TOKEN": "xox" + "b-1234567890-" + RANDOM[:12],
    "GOOGLE_KEY": "AIz" + "a" + RANDOM[:35],
    "STRIPE_KEY": "sk_" + "live_" + RANDOM[:24],
    "HUGGINGFACE_TOKEN": "hf" + "_" + RANDOM[:34],
    "GROQ_KEY": "gsk" + "_" + RANDOM,
    "XAI_KEY": "xai" + "-" + RANDOM,
    "PACKAGE_TOKEN": "npm" + "_" + RANDOM[:36],
    "JWT": "eyJ" + "hbGciOiJIUzI1NiJ9." + "eyJ" + "zdWIiOiIxMjM0In0." + RANDOM[:43],
    "PRIVATE_KEY": f"-----BEGIN RSA PRIVATE KEY-----\n{RANDOM}\n{RANDOM}\n-----END RSA PRIVATE KEY-----",
}
ALL = Redaction(email=True, phone=True, card=True, iban=True, patterns={"EMPLOYEE": r"\bE-\d{5}\b"})


def redact(value, settings=ALL, values=()):
    return Redactor(settings, values).session().value(value)


class TestSecrets:
    @pytest.mark.parametrize("type_", SECRETS)
    def test_are_found_by_their_shape(self, type_):
        assert redact(f"use {SECRETS[type_]}, please", Redaction()) == f"use <{type_}:1>, please"

    @pytest.mark.parametrize("type_", SECRETS)
    def test_are_found_without_anything_around_them(self, type_):
        assert redact(SECRETS[type_], Redaction()) == f"<{type_}:1>"

    @pytest.mark.parametrize(
        ("text", "redacted"),
        [
            ('api_key = "s3cretV4lue"', 'api_key = "<SECRET:1>"'),
            ("password: hunter2!!", "password: <SECRET:1>"),
            ("DB_PASSWORD=tr0ub4dor&3", "DB_PASSWORD=<SECRET:1>"),
            ('{"client_secret":"Zx81-Spectrum48"}', '{"client_secret":"<SECRET:1>"}'),
            (r"{\"token\": \"Zx81Spectrum48\"}", r"{\"token\": \"<SECRET:1>\"}"),
            ("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "aws_secret_access_key=<SECRET:1>"),
            ("Authorization: Bearer abc.DEF-123456789", "Authorization: Bearer <TOKEN:1>"),
            ("Authorization: Basic dXNlcjpwYXNzd29yZDE=", "Authorization: Basic <TOKEN:1>"),
            ("postgres://me:p4ss@w0rd@db.example.org/x", "postgres://me:<PASSWORD:1>@db.example.org/x"),
            ("os.environ['API_KEY'] = 'abcd1234efgh'", "os.environ['API_KEY'] = '<SECRET:1>'"),
        ],
    )
    def test_are_found_by_what_they_are_assigned_to(self, text, redacted):
        assert redact(text, Redaction()) == redacted

    @pytest.mark.parametrize(
        "text",
        [
            "password: required, at least 8 characters",
            "token: the unit that a model reads",
            "max_tokens=100000000, total_tokens: 123456789",
            'api_key = os.environ["OPENAI_KEY_1"]',
            "password = get_password_2(user)",
            "api_key_env: OPENAI_API_KEY",
            "f'{url(hide_password=True)!r}'",
            "secret: ${VAULT_PATH2}, token: {{ inputs.token1 }}",
            "password: ********, token: xxxxxxxxxxxx",
            "tokenizer: sentence-transformers/all-MiniLM-L6-v2",
            "task-management-2024-overview-document and risk-averse",
            "see https://example.org:8443/a@b and http://localhost:4318/v1",
            "basic authentication-scheme, bearer certificates-of-origin",
            "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ],
    )
    def test_prose_code_and_digests_are_left_alone(self, text):
        assert redact(text, Redaction()) == text

    def test_are_found_by_the_telling_key_of_a_mapping(self):
        seen = redact({"password": "hunter2!!", "X-Api-Key": "k1-abcdef", "token": "word", "tokens": "12 or so, 3"})
        assert seen == {"password": "<SECRET:1>", "X-Api-Key": "<SECRET:2>", "token": "word", "tokens": "12 or so, 3"}

    def test_known_values_are_found_wherever_they_are(self):
        assert redact({"a": ["xxcorrect horsexx"]}, Redaction(), ["correct horse"]) == {"a": ["xx<SECRET:1>xx"]}

    def test_short_values_are_not_secrets(self):
        assert redact("an open door", Redaction(), ["open"]) == "an open door"

    def test_key_variables_are_those_that_say_so_and_those_that_the_settings_name(self):
        environ = {
            "HF_TOKEN": "value-number-1", "MY_PROVIDER": "value-number-2", "DB_PASSWORD": "value-number-3",
            "MY_VECTORS": "value-number-4",
            "PWD": "/home/someone", "TOKENIZERS_PARALLELISM": "not-a-secret", "SHORT_KEY": "1234567",
        }  # fmt: skip
        settings = Settings(
            models={"m": ModelAlias(model="openai/x", api_key_env="MY_PROVIDER"), "free": ModelAlias(model="vllm/x")},
            embedders={"m": EmbedderSettings(model="openai/y", api_key_env="MY_VECTORS")},
        )
        assert secret_values(settings.key_variables, environ) == {f"value-number-{number}" for number in range(1, 5)}

    def test_a_component_with_one_anywhere_in_it_is_refused_and_the_secret_is_not_repeated(self):
        refuse_secrets(Component("tool", "t", {"deep": [{"key": "nothing to see"}]}))
        for body in ({"deep": [{"key": SECRETS["AWS_KEY"]}]}, {SECRETS["AWS_KEY"]: 1}):
            with pytest.raises(DefinitionError, match=r"tool t holds a secret \(AWS_KEY\)") as refused:
                refuse_secrets(Component("tool", "t", body))
            assert SECRETS["AWS_KEY"] not in str(refused.value)

    def test_are_named_for_refusing_a_component(self):
        assert find_secrets(f"{SECRETS['AWS_KEY']} and password=hunter2!!") == ["AWS_KEY", "SECRET"]
        assert find_secrets("the value-number-1", ["value-number-1"]) == ["SECRET"]
        assert find_secrets("nothing to see") == []

    @pytest.mark.parametrize("type_", SECRETS)
    def test_the_quick_look_lets_no_shape_through(self, type_):
        assert any(name == type_ for name, _ in _RULES)
        assert _suspect("x " + SECRETS[type_])


class TestPersonalData:
    @pytest.mark.parametrize(
        ("text", "redacted"),
        [
            ("write to Ada.Lovelace+x@mail.example.org.", "write to <EMAIL:1>."),
            ("jörg@müller.example", "<EMAIL:1>"),
            ("call +44 20 7946 0958 now", "call <PHONE:1> now"),
            ("call (212) 555-0199 now", "call <PHONE:1> now"),
            ("card 4111 1111 1111 1111, thanks", "card <CARD:1>, thanks"),
            ("card 378282246310005", "card <CARD:1>"),
            ("to DE89 3704 0044 0532 0130 00 IS MINE", "to <IBAN:1> IS MINE"),
            ("to GB29NWBK60161331926819.", "to <IBAN:1>."),
            ("ask E-12345", "ask <EMPLOYEE:1>"),
        ],
    )
    def test_is_found(self, text, redacted):
        assert redact(text) == redacted

    @pytest.mark.parametrize(
        "text",
        [
            "a @ b",
            "@decorator",
            "2024-01-15 10:30:00",
            "4111 1111 1111 1112",
            "DE00 3704 0044 0532 0130 00",
            "v1.2.3.4",
        ],
    )
    def test_what_only_looks_like_it_is_left_alone(self, text):
        assert redact(text) == text

    def test_is_kept_unless_a_setting_says_otherwise(self):
        text = "ada@example.org +44 20 7946 0958 4111111111111111 DE89370400440532013000"
        assert redact(text, Redaction()) == text


class TestPlaceholders:
    def test_the_same_value_has_the_same_number_throughout_a_run(self):
        session = Redactor(ALL).session()
        assert session.text("a@x.org b@x.org a@x.org") == "<EMAIL:1> <EMAIL:2> <EMAIL:1>"
        assert session.value([{"from": "b@x.org"}]) == [{"from": "<EMAIL:2>"}]

    def test_runs_number_for_themselves(self):
        redactor = Redactor(ALL)
        redactor.session().text("a@x.org")
        assert redactor.session().text("b@x.org") == "<EMAIL:1>"

    def test_numbers_that_came_in_are_not_given_again(self):
        session = Redactor(ALL).session()
        assert session.text("<EMAIL:1> wrote") == "<EMAIL:1> wrote"
        assert session.text("a@x.org") == "<EMAIL:2>"

    def test_overlapping_finds_become_one(self):
        seen = redact("x E-12345@mail.example.org y")
        assert seen == "x <EMAIL:1> y"

    def test_a_long_run_of_placeholders_is_not_touched(self):
        text = "<EMAIL:1> and <CARD:12>, password: <SECRET:3>, api_key=<OPENAI_KEY:1>"
        assert redact(text) == text


class TestValues:
    def test_without_a_find_the_same_object_comes_back(self):
        value = {"a": ["plain", 1, None, True, 2.5, {"b": b"\xff\x00"}], "<b": "1 < 2"}
        assert redact(value) is value

    def test_with_one_the_original_stays_as_it_is(self):
        value = {"a@x.org": ["b@x.org", {"deep": ("c@x.org" * 1)}], "n": 4111111111111111}
        assert redact(value) == {"<EMAIL:1>": ["<EMAIL:2>", {"deep": "<EMAIL:3>"}], "n": 4111111111111111}
        assert list(value) == ["a@x.org", "n"]

    def test_bytes_are_redacted_when_they_are_text(self):
        assert redact(b"from a@x.org") == b"from <EMAIL:1>"
        binary = b"\xff\xfe a@x.org"
        assert redact(binary) is binary

    def test_lone_surrogates_pass(self):
        assert redact("\ud83d a@x.org") == "\ud83d <EMAIL:1>"


class TestUserPatterns:
    def test_one_that_does_not_compile_is_refused_at_the_start(self):
        with pytest.raises(DefinitionError, match="BAD"):
            Redactor(Redaction.model_construct(patterns={"BAD": "("}))

    def test_empty_matches_are_nothing(self):
        assert redact("abc", Redaction(patterns={"X": "z*"})) == "abc"

    def test_one_that_never_ends_costs_the_text_not_the_run(self):
        assert redact("a" * 60 + "b", Redaction(patterns={"EVIL": r"(a|aa)+$"})) == "<EVIL:1>"


PIECES = st.sampled_from(
    [*SECRETS.values(), "a@x.org", "+44 20 7946 0958", "4111 1111 1111 1111", "DE89370400440532013000", "E-12345",
     "password: ", "token=", "hunter2!!", "Bearer ", "://u:", "@h", "<EMAIL:1>", "<", ":2>", " ", "-", "'", "\n"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=5), max_size=8).map("".join))
@example(SECRETS["GOOGLE_KEY"] * 3)
@example("AKIA" * 5 + SECRETS["AWS_KEY"] + "@x.org")
@settings(max_examples=150, deadline=None)
def test_redacting_what_is_redacted_changes_nothing(text):
    redactor = Redactor(ALL)
    once = redactor.session().text(text)
    assert redactor.session().text(once) == once


@given(st.sampled_from(sorted(SECRETS)), st.text(alphabet=" \n.,;()é日", max_size=5), st.text(alphabet=" \n,;()é日"))
@settings(max_examples=100, deadline=None)
def test_no_secret_survives_whatever_is_around_it(type_, before, after):
    assert SECRETS[type_] not in redact(f"{before}{SECRETS[type_]}{after}")


TELLING = st.sampled_from(["password", "api_key", "S3cr3t-value"])
TEXTS = st.lists(PIECES | TELLING | st.text(max_size=5), max_size=4).map("".join)


@given(st.dictionaries(TEXTS, TEXTS | st.dictionaries(TEXTS, TEXTS, max_size=2) | st.lists(TEXTS, max_size=2)))
@example({"password": "hunter2!!"})
@example({"a": {"password": "hunter2!!"}})
@example({"S3cr3t-value": 1})
@example({"<EMAIL:1>": "a"})
@settings(max_examples=300, deadline=None)
def test_a_mapping_that_is_ruled_out_has_nothing_to_redact(mapping):
    redactor = Redactor(Redaction(), ["S3cr3t-value"])
    if redactor.ruled_out_mapping(mapping):
        assert redactor.session().value(mapping) is mapping


@pytest.mark.parametrize(
    "hostile",
    ["a@" * 100_000, "AIza" * 50_000, "-----BEGIN PRIVATE KEY-----" * 8_000, "DE89 " * 20_000, "password: " * 20_000,
     "://" * 60_000, "+1 " * 60_000, "1" * 200_000, "eyJ" + "a" * 200_000, SECRETS["GOOGLE_KEY"] * 5_000],
    ids=lambda text: text[:12],
)  # fmt: skip
@pytest.mark.timeout(60)
def test_hostile_text_does_not_hang(hostile):
    session = Redactor(ALL).session()
    once = session.text(hostile)
    assert session.text(once) == once


def test_the_environment_is_the_default():
    assert secret_values(()) == secret_values((), os.environ)
