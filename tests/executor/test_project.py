"""A project refuses to run what must not be kept, and gives back what it opened."""

import pytest
from qdrant_client import QdrantClient

from genops.errors import DefinitionError
from genops.retrieval import build_index
from tests.retrieval import hashing

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


class TestClosing:
    def test_gives_back_the_backends_of_its_indexes(self, site):
        site.settings(
            '[indexes.docs]\nbackend = "qdrant+path:q"\nsources = ["docs/*"]\nembedder = "hashing"\n'
            "chunk_tokens = 32\noverlap_tokens = 8\n"
        )
        hashing.register()
        site.write("docs/sea.md", "Whales live in the sea.\n")
        build_index(site.project.settings, "docs")
        chain = site.chain(
            """
            steps: {find: {retrieve: docs, query: whales, k: 1}}
            output: "{{ steps.find.output[0].text }}"
            """
        )
        assert chain.run_sync({}).output == "Whales live in the sea."
        site.project.close()
        QdrantClient(path=str(site.root / "q")).close()  # a folder is open to one client at a time
        assert chain.run_sync({}).output == "Whales live in the sea."
