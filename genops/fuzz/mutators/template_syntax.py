"""``template_syntax``: marks that a template engine would take for its own."""

from __future__ import annotations

from random import Random

from genops.fuzz.mutator import mutator

_FORMS = (
    "{{ {text} }}",
    "{{ '{text}' }}",
    "{% if true %}{text}{% endif %}",
    "{% endraw %}{text}{% raw %}",
    "{# {text}",
    "{{ 7 * 191 }} {text}",
    "{text} {{ output }}{{ inputs }}",
    "${{text}}",
    "#{{text}}",
    "<%= {text} %>",
    "{text} {{",
    "}} {text} {%",
    "{0} {text} %s",
)


@mutator("template_syntax", family="template")
def template_syntax(text: str, rng: Random) -> str:
    """The text in an expression, a statement or a broken mark of a template language.

    Args:
        text: Any.
        rng: Chooses which.
    """
    return rng.choice(_FORMS).replace("{text}", text)
