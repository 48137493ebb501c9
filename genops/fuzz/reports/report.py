"""What a report is made of."""

from __future__ import annotations

from dataclasses import dataclass

from genops.fuzz.summary import Summary
from genops.settings import Settings
from genops.store.records.campaigns import CampaignRecord


@dataclass(frozen=True, slots=True)
class Report:
    """A campaign that is reported.

    Attributes:
        summary: What its tries say.
        record: The campaign.
        settings: Of the project, whose files findings are shown in.
    """

    summary: Summary
    record: CampaignRecord
    settings: Settings

    @property
    def campaign_file(self) -> str:
        """The campaign's file, relative to the project; empty where it was made in Python."""
        path = self.settings.paths.evals / f"{self.record.campaign}.yaml"
        return path.as_posix() if (self.settings.root / path).is_file() else ""
