"""A project refuses to run what must not be kept."""

import pytest

from genops.errors import DefinitionError

KEY = "sk-proj-abcdefghij0123456789ABCDEFGHIJ"


class TestASecretInAComponent:
    def test_is_refused_before_anything_is_stored(self, site):
        with pytest.raises(DefinitionError, match=r"chain main holds a secret \(OPENAI_KEY\)"):
            site.chain(
                f"""
                steps:
                  ask:
                    http: GET
                    url: "http://localhost/"
                    headers: {{X-Api: "{KEY}"}}
                output: "{{{{ steps.ask.output }}}}"
                """
            )
        assert site.project.store.counts().runs == 0

    def test_is_refused_in_a_template_too(self, site):
        site.served("http://127.0.0.1:9/v1")
        site.prompt("ask", f"Use the key {KEY}\n")
        with pytest.raises(DefinitionError, match="prompt ask holds a secret"):
            site.chain('steps: {a: {prompt: ask}}\noutput: "{{ steps.a.output }}"\n')
