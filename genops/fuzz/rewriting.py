"""Rewriting by the attacker model: what it writes when it is given a text and a template."""

from __future__ import annotations

from random import Random

from genops.fuzz.attacker import AttackerRefused, AttackerUnusable, declines
from genops.fuzz.mutator import Attacker


async def rewritten(attacker: Attacker, prompt: str, text: str, rng: Random, **inputs: str) -> str:
    """A text as the attacker writes it anew.

    Args:
        attacker: Who writes.
        prompt: Reference of the template; it takes ``text`` and gives an object with ``text``.
        text: Any; a blank one comes back as it is, and a lone surrogate is asked about as ``?``: no server takes one.
        rng: Its seed tells apart rewritings that are to differ.
        inputs: More inputs of the template.

    Raises:
        AttackerRefused: It declines, which is no text to attack with.
        AttackerUnusable: Its answer holds no text.
        GenopsError: It gives no answer.
    """
    if not text.strip():
        return text
    sent = text.encode("utf-8", "replace").decode("utf-8")
    answer = await attacker.ask(prompt, {**inputs, "text": sent}, number=rng.randrange(2**16))
    written = answer.get("text") if isinstance(answer, dict) else None
    if not isinstance(written, str) or not written.strip():
        raise AttackerUnusable(f"the attacker's answer to {prompt} holds no text")
    if declines(written) and not declines(text):
        raise AttackerRefused(f"the attacker declines: {written[:200]!r}")
    return written
