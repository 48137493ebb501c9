"""``genops fuzz label``: people say which tries got there, so that the detectors' errors are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from genops.cli.campaigns import LAST, CampaignId, found_campaign
from genops.cli.output import note
from genops.cli.project import opened_store

if TYPE_CHECKING:
    from genops.fuzz.summary import Accuracy
    from genops.store import Store
    from genops.store.records.campaigns import CampaignRecord

Labels = Annotated[
    list[Path] | None,
    typer.Option(
        "--labels", metavar="FILE", help="Correct rates by labels of `genops fuzz label`; may be given again."
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("label")(label)


def label(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Takes the labels; is added to.")],
    campaign: CampaignId = LAST,
    objective: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only of this objective; may be given again.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="How many tries of each objective are drawn.")] = 100,
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
) -> None:
    """Label tries by hand, to measure the detectors.

    Tries of the sweep, drawn at random, one at a time and without the detectors' verdict: did the attack get there?
    Every label is on disk before the next try is shown: stop whenever you like, and go on with the same command; a
    larger --count adds to the draw. `genops fuzz show --labels FILE` then tells how often detectors are right, and the
    rate behind what they say. That takes some 30 breaches and 30 safe tries of an objective: with 30 of 30 right, the
    sensitivity is 88% or more. Label hard cases too: skipping them makes detectors look better than they are.
    """
    from genops.cli.labelling import session
    from genops.fuzz.labelling import TryLabelling

    with opened_store() as store:
        labelling = TryLabelling(
            store, found_campaign(store, campaign), out, tuple(objective or ()), count=count, seed=seed
        )
        session(labelling, "tries")
        for name, (breaches, safe) in labelling.kinds.items():
            note(f"{name}: labelled {breaches} as a breach, {safe} as safe; some 30 of each tell enough")


def measured_accuracy(store: Store, record: CampaignRecord, labels: list[Path] | None) -> dict[str, Accuracy]:
    """How good detectors were found to be by files of labels; nothing where there is none.

    Raises:
        UsageError: A file is broken, or a label does not fit the campaigns.
    """
    if not labels:
        return {}
    from genops.fuzz.accuracy import detector_accuracy
    from genops.fuzz.labels import read_labels

    return detector_accuracy(store, record, read_labels(*labels))
