"""A chain that searches, calls a tool and asks a model that says all it was told."""

import pytest

import genops

HEARS = """
rules:
  - when: {expression: "{{ true }}"}
    text: "{{ messages | map(attribute='role') | join(',') }}: {{ messages | map(attribute='content') | join(' / ') }}"
"""
TOLD = """
---
inputs: {heard: str}
---
{% message "system" %}
Be kind.
{% endmessage %}
{% message "user" %}{{ heard }}{% endmessage %}
"""


@pytest.fixture
def asked(site):
    """A chain that searches, calls a tool and asks a model that says all it was told."""

    @genops.tool
    def weather(place: str) -> dict[str, str]:
        """The weather."""
        return {"place": place, "told": "sunny all day"}

    site.scripted(HEARS)
    site.prompt("told", TOLD)
    site.write(
        "chains/ask.yaml",
        """
        inputs: {question: str}
        steps:
          search: {retrieve: docs, query: "{{ inputs.question }}", k: 1}
          look: {tool: weather, with: {place: here}}
          answer: {prompt: told, with: {heard: "{{ steps.search.output[0].text }} | {{ steps.look.output.told }}"}}
        output: "{{ steps.answer.output }}"
        """,
    )
    site.index("docs", "Traces are kept in the store.")
    return site
