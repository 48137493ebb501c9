"""``xml``: whether the output is well-formed XML."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from genops.evals.score import Score, Unscored
from genops.evals.scorer import scorer
from genops.evals.scorers.reading import unfenced

Name = Annotated[str, Field(pattern=r"^[\w.\-]+(/[\w.\-]+)*$")]


@scorer("xml", threshold=1.0)
def xml(output: str, elements: list[Name] | None = None, *, fenced: bool = False) -> Score:
    """Whether the output is well-formed XML that has the wanted elements: 1 or 0.

    No entity is expanded and nothing is fetched.

    Args:
        output: What is parsed.
        elements: Names of elements that must be in it, anywhere, in any namespace; ``answer/source`` is a ``source``
            directly in an ``answer``.
        fenced: Whether it may stand in a Markdown fence.
    """
    from lxml import etree  # type: ignore[import-untyped]

    # A text is text already, whatever encoding it declares for the file that it may become.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, encoding="utf-8")
    text = (unfenced(output) if fenced else output).strip()
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError) as error:
        if "XML_PARSE_HUGE" in str(error):
            raise Unscored("the output is too large or nests too deep to parse") from None
        return Score(0.0, explanation=f"not well-formed: {error}")
    within = etree.Element("within")
    within.append(root)
    missing = [name for name in elements or () if within.find(_anywhere(name)) is None]
    return Score(float(not missing), explanation=f"lacks {', '.join(missing)}" if missing else "")


def _anywhere(name: str) -> str:
    return ".//" + "/".join(f"{{*}}{part}" for part in name.split("/"))
