"""What is written and what queries give back: plain records, one module for each thing they are of.

Those that a run does not touch are defined when they are first used: by their names here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genops.late import late

if TYPE_CHECKING:
    from genops.store.records.alerts import AlertRecord, DeliveryRecord
    from genops.store.records.campaigns import CampaignRecord, FindingRecord, TryRecord
    from genops.store.records.drift import DriftRecord, WatchRecord
    from genops.store.records.monitoring import EndedRun, FeedbackRecord, MonitoredRecord, MonitorRecord
    from genops.store.records.serving import EngineFiguresRecord, LoadTestRecord, PriceRecord, ServedRecord
    from genops.store.records.versions import LabelMove, VersionRecord

_LATER = {
    "AlertRecord": "genops.store.records.alerts",
    "CampaignRecord": "genops.store.records.campaigns",
    "DeliveryRecord": "genops.store.records.alerts",
    "DriftRecord": "genops.store.records.drift",
    "EndedRun": "genops.store.records.monitoring",
    "EngineFiguresRecord": "genops.store.records.serving",
    "FeedbackRecord": "genops.store.records.monitoring",
    "FindingRecord": "genops.store.records.campaigns",
    "LabelMove": "genops.store.records.versions",
    "LoadTestRecord": "genops.store.records.serving",
    "MonitorRecord": "genops.store.records.monitoring",
    "MonitoredRecord": "genops.store.records.monitoring",
    "PriceRecord": "genops.store.records.serving",
    "ServedRecord": "genops.store.records.serving",
    "TryRecord": "genops.store.records.campaigns",
    "VersionRecord": "genops.store.records.versions",
    "WatchRecord": "genops.store.records.drift",
}

__all__ = [
    "AlertRecord",
    "CampaignRecord",
    "DeliveryRecord",
    "DriftRecord",
    "EndedRun",
    "EngineFiguresRecord",
    "FeedbackRecord",
    "FindingRecord",
    "LabelMove",
    "LoadTestRecord",
    "MonitorRecord",
    "MonitoredRecord",
    "PriceRecord",
    "ServedRecord",
    "TryRecord",
    "VersionRecord",
    "WatchRecord",
]

__getattr__ = late(__name__, _LATER)
