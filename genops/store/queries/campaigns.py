"""Campaigns, their tries and their findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ColumnElement, Engine, Table, delete, select, update

from genops.store import records as kinds
from genops.store import tables
from genops.store.batch import clean, insert_rows
from genops.store.engine import reading, writing
from genops.store.queries.opened import Opened
from genops.store.queries.prefixes import unique_prefix
from genops.store.queries.rows import insert_by_start, record_of
from genops.store.tables.columns import json_text

if TYPE_CHECKING:
    from genops.store.records.campaigns import CampaignRecord, FindingRecord, TryRecord

R = TypeVar("R", "TryRecord", "FindingRecord")
_PAGE = 2_000
_PARAMETERS = 500
_JSON = frozenset({"mutations", "error", "scores", "features", "start", "text"})


class Campaigns(Opened):
    """Acknowledged: what was written is on disk when the method returns."""

    def open_campaign(self, record: CampaignRecord) -> None:
        """Opens the record of a campaign."""
        with writing(self._engine) as connection:
            insert_by_start(connection, tables.campaign, record)

    def change_campaign(self, campaign_id: str, **values: Any) -> None:
        """Changes fields of a campaign, by its whole id."""
        with writing(self._engine) as connection:
            connection.execute(update(tables.campaign).where(tables.campaign.c.id == campaign_id).values(**values))

    def add_tries(self, campaign_id: str, records: Sequence[TryRecord]) -> None:
        """Writes tries of a campaign, by its whole id; one whose infrastructure had failed is replaced."""
        _insert(self._engine, campaign_id, tables.campaign_try, records)

    def add_findings(self, campaign_id: str, records: Sequence[FindingRecord]) -> None:
        """Writes findings of a campaign, by its whole id; one that is there is replaced."""
        _insert(self._engine, campaign_id, tables.finding, records)

    def campaign(self, prefix: str) -> CampaignRecord:
        """The campaign whose id begins with ``prefix`` (4 digits or more).

        Raises:
            ReferenceNotFound: None does, or several do.
        """
        with reading(self._engine) as connection:
            found = unique_prefix(connection, prefix, "campaign", select(tables.campaign.c.id))
            row = connection.execute(select(tables.campaign).where(tables.campaign.c.id == found)).mappings().one()
            return record_of(kinds.CampaignRecord, row)

    def campaigns(self, name: str | None = None, manifest: str | None = None, limit: int = 50) -> list[CampaignRecord]:
        """Campaigns that fit, newest first."""
        query = select(tables.campaign).order_by(tables.campaign.c.key.desc()).limit(limit)
        for column, value in ((tables.campaign.c.campaign, name), (tables.campaign.c.manifest, manifest)):
            if value is not None:
                query = query.where(column == value)
        with reading(self._engine) as connection:
            return [record_of(kinds.CampaignRecord, row) for row in connection.execute(query).mappings()]

    def tries(self, campaign_id: str, numbers: range | None = None, outcome: str | None = None) -> Iterator[TryRecord]:
        """The tries of a campaign, by its whole id, in the order of their numbers, in flat memory.

        Args:
            campaign_id: Its id.
            numbers: Only these, without a step.
            outcome: Only those of which this became.
        """
        wanted: list[ColumnElement[bool]] = []
        if numbers is not None:
            wanted.append(tables.campaign_try.c.number.between(numbers.start, numbers.stop - 1))
        if outcome is not None:
            wanted.append(tables.campaign_try.c.outcome == outcome)
        return _iterate(self._engine, campaign_id, tables.campaign_try, kinds.TryRecord, *wanted)

    def tries_of(self, runs: Sequence[str]) -> list[tuple[str, TryRecord]]:
        """The tries that were made as some runs, by their whole ids, each with the id of its campaign."""
        columns = [tables.campaign_try.c[item.name] for item in fields(kinds.TryRecord)]
        query = select(tables.campaign.c.id.label("of"), *columns).join(
            tables.campaign, tables.campaign.c.key == tables.campaign_try.c.campaign
        )
        found: list[tuple[str, TryRecord]] = []
        with reading(self._engine) as connection:
            for start in range(0, len(runs), _PARAMETERS):
                wanted = tables.campaign_try.c.run.in_(runs[start : start + _PARAMETERS])
                rows = connection.execute(query.where(wanted)).mappings()
                found += [(values.pop("of"), kinds.TryRecord(**values)) for values in map(dict, rows)]
        return found

    def findings(self, campaign_id: str) -> Iterator[FindingRecord]:
        """The findings of a campaign, by its whole id, in the order of the tries that they were found by."""
        return _iterate(self._engine, campaign_id, tables.finding, kinds.FindingRecord)

    def drop_findings(self, campaign_id: str, numbers: Sequence[int]) -> None:
        """Deletes findings of a campaign, by its whole id, that are to be made again."""
        key = select(tables.campaign.c.key).where(tables.campaign.c.id == campaign_id).scalar_subquery()
        with writing(self._engine) as connection:
            connection.execute(
                delete(tables.finding).where(tables.finding.c.campaign == key, tables.finding.c.number.in_(numbers))
            )

    def finding(self, prefix: str) -> tuple[str, FindingRecord]:
        """The newest finding whose id begins with ``prefix`` (4 digits or more), and the id of its campaign.

        Raises:
            ReferenceNotFound: None does, or several do.
        """
        columns = [tables.finding.c[item.name] for item in fields(kinds.FindingRecord)]
        with reading(self._engine) as connection:
            found = unique_prefix(connection, prefix, "finding", select(tables.finding.c.id).distinct())
            query = (
                select(tables.campaign.c.id.label("of"), *columns)
                .join(tables.finding, tables.finding.c.campaign == tables.campaign.c.key)
                .where(tables.finding.c.id == found)
                .order_by(tables.campaign.c.key.desc())
                .limit(1)
            )
            row = dict(connection.execute(query).mappings().one())
        return row.pop("of"), kinds.FindingRecord(**row)

    def delete_campaigns(self, ids: Sequence[str]) -> int:
        """Deletes campaigns, by their whole ids, with their tries and findings; how many there were."""
        with writing(self._engine) as connection:
            return connection.execute(delete(tables.campaign).where(tables.campaign.c.id.in_(ids))).rowcount


def _insert(engine: Engine, campaign_id: str, table: Table, records: Sequence[R]) -> None:
    with writing(engine) as connection:
        key = connection.scalar(select(tables.campaign.c.key).where(tables.campaign.c.id == campaign_id))
        insert_rows(connection, table, list({record.number: _row(table, key, record) for record in records}.values()))


def _row(table: Table, key: int | None, record: R) -> tuple[Any, ...]:
    return tuple(
        key if column.name == "campaign" else _stored(column.name, getattr(record, column.name))
        for column in table.columns
    )


def _stored(name: str, value: Any) -> Any:
    if name in _JSON:
        return json_text(value)
    return clean(value) if isinstance(value, str) else value


def _iterate(
    engine: Engine, campaign_id: str, table: Table, kind: type[R], *wanted: ColumnElement[bool]
) -> Iterator[R]:
    columns = [table.c[item.name] for item in fields(kind)]
    joined = select(*columns).join(tables.campaign, tables.campaign.c.key == table.c.campaign)
    query = joined.where(tables.campaign.c.id == campaign_id, *wanted)
    last = -1
    while True:
        with reading(engine) as connection:
            page = [
                kind(**row)
                for row in connection.execute(
                    query.where(table.c.number > last).order_by(table.c.number).limit(_PAGE)
                ).mappings()
            ]
        if not page:
            return
        yield from page
        last = page[-1].number
