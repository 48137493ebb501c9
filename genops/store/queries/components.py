"""Components and locks: every component that was ever seen, whole, and the closures that it was part of."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, select

from genops.artifacts import Component, Lock, LockEntry, canonical_bytes
from genops.errors import StoreError
from genops.store.engine import reading
from genops.store.queries.opened import Opened
from genops.store.queries.prefixes import unique_prefix
from genops.store.queries.rows import insert_new
from genops.store.tables import component, lock, lock_component


class Components(Opened):
    """Checked: what is read has the digest that it is kept under."""

    def lock(self, prefix: str) -> Lock:
        """The lock whose digest begins with ``prefix``.

        Raises:
            ReferenceNotFound: None does, or several do.
        """
        with reading(self._engine) as connection:
            digest = unique_prefix(connection, prefix, "lock", select(lock.c.digest))
            chain = connection.scalar(select(lock.c.chain).where(lock.c.digest == digest)) or ""
            rows = connection.execute(
                select(lock_component).where(lock_component.c.lock == digest).order_by(lock_component.c.position)
            )
            entries = tuple(LockEntry(row.kind, row.name, row.source, row.digest, tuple(row.uses)) for row in rows)
        found = Lock(chain, entries)
        if found.digest != digest:
            raise StoreError(f"the stored lock {digest[:12]} is damaged", hint="run the chain again to store it anew")
        return found

    def component(self, prefix: str, kind: str | None = None) -> Component:
        """The component, of a kind if given, whose digest begins with ``prefix``.

        Raises:
            ReferenceNotFound: None does, or several do.
        """
        with reading(self._engine) as connection:
            of_kind = () if kind is None else (component.c.kind == kind,)
            digest = unique_prefix(connection, prefix, kind or "component", select(component.c.digest).where(*of_kind))
            row = connection.execute(select(component).where(component.c.digest == digest)).one()
        return _whole(row.kind, row.name, row.body, row.name, digest)

    def components_of(self, lock_digest: str) -> list[Component]:
        """The components of a lock, in the order of its entries; empty when the store does not have the lock."""
        query = (
            select(lock_component, component.c.body)
            .join(component, component.c.digest == lock_component.c.digest)
            .where(lock_component.c.lock == lock_digest)
            .order_by(lock_component.c.position)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [_whole(row.kind, row.name, row.body, row.source, row.digest) for row in rows]


def insert_closure(connection: Connection, closure: Lock, components: Iterable[Component]) -> None:
    """Keeps a lock and its components, inside a transaction; what is there already stays as it is."""
    bodies = [
        {"digest": c.digest, "kind": c.kind, "name": c.name, "body": canonical_bytes(c.body).decode()}
        for c in {c.digest: c for c in components}.values()
    ]
    if bodies:
        connection.execute(insert_new(connection, component), bodies)
    connection.execute(insert_new(connection, lock), {"digest": closure.digest, "chain": closure.chain})
    entries = [
        {"lock": closure.digest, "position": position, **asdict(entry)}
        for position, entry in enumerate(closure.entries)
    ]
    if entries:
        connection.execute(insert_new(connection, lock_component), entries)


def _whole(kind: str, name: str, body: str, source: str, digest: str) -> Component:
    try:
        found = Component(kind, name, json.loads(body), source)  # type: ignore[arg-type]
    except ValueError:
        found = None
    if found is None or found.digest != digest:
        raise StoreError(
            f"the stored {kind} {name} ({digest[:12]}) is damaged", hint="publish or run it again from its files"
        )
    return found
