"""Spans of engines in the traces of the runs that they worked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update

from genops.store.batch import clean
from genops.store.engine import writing
from genops.store.queries.opened import Opened
from genops.store.tables import run, span

if TYPE_CHECKING:
    from genops.store.records.serving import EngineSpan


class EngineSpans(Opened):
    """Acknowledged: what was written is on disk when the method returns."""

    def join_engine_spans(self, spans: Sequence[EngineSpan]) -> list[EngineSpan]:
        """Writes what engines did below the model calls that they did it for, each once.

        A run that goes on numbers its own spans, so nobody else may add to it.

        Returns:
            Those whose run is not here, or has not ended: for another time.
        """
        if not spans:
            return []
        with writing(self._engine) as connection:
            return [one for one in spans if not _joined(connection, one)]


def _joined(connection: Connection, new: EngineSpan) -> bool:
    call = _model_call(connection, new)
    if call is None or call.run_ended is None:
        return False
    of_run = span.c.run == call.run
    if connection.execute(select(span.c.number).where(of_run, span.c.span_id == new.span_id)).first() is not None:
        return True
    number = connection.execute(select(func.max(span.c.number)).where(of_run)).scalar_one() + 1
    connection.execute(
        insert(span).values(
            run=call.run,
            number=number,
            parent=call.number,
            span_id=new.span_id,
            path=_free_path(connection, call),
            kind="engine",
            name=clean(new.name),
            started=new.started,
            status="ok",
            ended=new.ended,
            attributes=new.attributes,
        )
    )
    figures = {name: value for name, value in new.figures.items() if call.attributes.get(name) is None}
    if figures:
        known = {**call.attributes, **figures}
        connection.execute(update(span).where(of_run, span.c.number == call.number).values(attributes=known))
    connection.execute(update(run).where(run.c.key == call.run).values(spans=run.c.spans + 1))
    return True


def _free_path(connection: Connection, call: Any) -> str:
    """Its position; a second request of one call, after an attempt that failed, has a number."""
    below = select(func.count()).where(span.c.run == call.run, span.c.parent == call.number)
    count = connection.execute(below).scalar_one()
    return f"{call.path}/engine[{count}]" if count else f"{call.path}/engine"


def _model_call(connection: Connection, new: EngineSpan) -> Any:
    """The row of the span that an engine's is below, with when its run ended; None where there is none."""
    of_trace = or_(run.c.id == new.trace_id, and_(run.c.trace_id == new.trace_id, run.c.trace_id != run.c.id))
    columns = (span.c.run, span.c.number, span.c.path, span.c.attributes, run.c.ended.label("run_ended"))
    query = select(*columns).join(run, run.c.key == span.c.run).where(of_trace, span.c.span_id == new.parent)
    return connection.execute(query).first()
