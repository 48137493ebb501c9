"""The campaign that a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from genops.errors import UsageError

if TYPE_CHECKING:
    from genops.store import Store
    from genops.store.records.campaigns import CampaignRecord

LAST = "last"

CampaignId = Annotated[
    str, typer.Argument(metavar="CAMPAIGN", help="Id of a run campaign, a name for its newest, `last`.")
]


def found_campaign(store: Store, wanted: str) -> CampaignRecord:
    """A campaign by its id, its name or ``last``.

    Raises:
        UsageError: There is none.
        ReferenceNotFound: No id begins so.
    """
    named = store.campaigns(None if wanted == LAST else wanted, limit=1)
    if named:
        return named[0]
    if wanted == LAST:
        raise UsageError("no campaign was run here", hint="genops fuzz run CAMPAIGN")
    return store.campaign(wanted)
