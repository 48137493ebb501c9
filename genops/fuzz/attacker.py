"""What an attacker model may do instead of helping: decline, or answer with nothing that can be used.

Neither is a failure of the infrastructure, so that nothing is tried again for it; and nothing is known of the target.
"""

from __future__ import annotations

from genops.errors import GenopsError
from genops.evals.scorers.refusal import refusal


class AttackerStopped(GenopsError):
    """The attacker gave no answer that an attack could go on with."""


class AttackerRefused(AttackerStopped):
    """The attacker declined to help."""


class AttackerUnusable(AttackerStopped):
    """The attacker's answer holds no message."""


def declines(text: str) -> bool:
    """Whether a text begins as refusals do."""
    return refusal(text).label == "refused"
