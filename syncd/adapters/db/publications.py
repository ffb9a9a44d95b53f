"""Publications: what stands, or is to stand, in calendars."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    TextClause,
    and_,
    bindparam,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)

from syncd.adapters.db import tables
from syncd.adapters.db.due import DueWork
from syncd.adapters.db.rows import Repository, by_id, parts
from syncd.core.errors import NotFoundError
from syncd.core.scheduling.appointments import SourceKind, SourceRef
from syncd.core.sync.publication import Intent, IntentKind, Publication, PublicationState, Yielded

_table = tables.publications
_PENDING = (
    select(_table)
    .where(_table.c.calendar_id == bindparam("calendar"), tables.PENDING, tables.WATCHED)
    .order_by(_table.c.calendar_id, _table.c.href)
)

LET_GO: dict[str, Any] = {
    "etag": None,
    "schedule_tag": None,
    "body": None,
    "intent_body": None,
    "intent_base": None,
    "yielded": [],
}
"""What is no longer kept of an event that is not watched any more; that a write was under way is."""


class SqlPublications(Repository):
    """Publications, in the database."""

    def __init__(self, connection: Connection, *, read_only: bool, making: DueWork) -> None:
        """Use ``connection``; ``read_only``: take no locks; ``making``: what makes work due."""
        super().__init__(connection, read_only=read_only)
        self._making = making

    def add(self, publication: Publication) -> None:
        """Store a new one: of its source the only one in that calendar, and alone at its href."""
        values = {**_values(publication), "wanted": publication.wanted}
        self._insert(_table, values, "That is published in the calendar already, or something else at its place.")
        self._making.for_publication(publication.calendar_id)

    def get(self, publication_id: str) -> Publication:
        """Return one, locked until the transaction ends."""
        return _publication(self._one(self._locked(by_id(_table)), _missing(publication_id), the_id=publication_id))

    def save(self, publication: Publication) -> None:
        """Store a changed one, all but ``wanted``: a change that came meanwhile stays on record."""
        self._save(_table, _values(publication), _missing(publication.id))

    def end(self, publication_id: str, state: PublicationState) -> None:
        """Watch one no longer; drifts on it stay, and can be decided."""
        self._making.for_claims_by(publication_id)
        ended = update(_table).where(_table.c.id == publication_id).values(**LET_GO, state=state)
        if self._connection.execute(ended).rowcount == 0:
            raise NotFoundError(_missing(publication_id))

    def want_again(self, publication_id: str) -> None:
        """Watch one again; of what was retired the event still stands there."""
        stands = _table.c.body.is_not(None)
        again = {
            "state": case((stands, PublicationState.LIVE), else_=PublicationState.WAITING),
            "wanted": _table.c.wanted + 1,
            "etag": None,  # nobody has watched it meanwhile
            "intent_kind": None,
        }
        self._connection.execute(update(_table).where(_table.c.id == publication_id).values(again))
        self._making.for_standing(_table.c.id == publication_id)

    def of_calendar(self, calendar_id: str) -> Sequence[Publication]:
        """Return the watched ones of a calendar, by href."""
        return self._found(_table.c.calendar_id == calendar_id, tables.WATCHED)

    def at(self, calendar_id: str, hrefs: Iterable[str]) -> Sequence[Publication]:
        """Return the watched ones of a calendar at these hrefs."""
        here = (_table.c.calendar_id == calendar_id, tables.WATCHED)
        return [found for part in parts(hrefs) for found in self._found(*here, _table.c.href.in_(part))]

    def with_uids(self, uids: Iterable[str]) -> Sequence[Publication]:
        """Return the watched ones of any calendar with these UIDs."""
        return [found for part in parts(uids) for found in self._found(_table.c.uid.in_(part), tables.WATCHED)]

    def pending(self, calendar_id: str) -> Sequence[Publication]:
        """Return the watched ones that are dirty or have an intent on record; an index holds these alone."""
        return [_publication(row) for row in self._many(_PENDING, calendar=calendar_id)]

    def of_source(self, source: SourceRef) -> Sequence[Publication]:
        """Return the watched ones of one appointment or series, in all calendars."""
        return self._found(*_of(source), tables.WATCHED)

    def ever_of_source(self, source: SourceRef) -> Sequence[Publication]:
        """Return all that there ever were of one appointment or series."""
        return self._found(*_of(source))

    def ever_of_sources(self, sources: Iterable[SourceRef]) -> Mapping[SourceRef, Sequence[Publication]]:
        """Return all that there ever were of many appointments and series."""
        ids: defaultdict[SourceKind, list[str]] = defaultdict(list)
        for source in sources:
            ids[source.kind].append(source.id)
        found: defaultdict[SourceRef, list[Publication]] = defaultdict(list)
        for kind, wanted in ids.items():
            for part in parts(wanted):
                for one in self._found(_table.c.source_kind == kind, _table.c.source_id.in_(part)):
                    found[one.source].append(one)
        return found

    def mark_dirty(self, source: SourceRef) -> None:
        """Add one to ``wanted`` of every watched publication of ``source``."""
        watched = update(_table).where(*_of(source), tables.WATCHED)
        self._connection.execute(watched.values(wanted=_table.c.wanted + 1))
        self._making.for_source(source)

    def mark_dirty_of_person(self, person_id: str) -> None:
        """Add one to ``wanted`` of every publication of that provider's, or that client's, appointments and series."""
        single, series = tables.appointments, tables.series
        theirs = or_(
            and_(
                _table.c.source_kind == SourceKind.APPOINTMENT,
                _table.c.source_id.in_(
                    select(single.c.id).where(or_(single.c.provider_id == person_id, single.c.client_id == person_id))
                ),
            ),
            and_(
                _table.c.source_kind == SourceKind.SERIES,
                _table.c.source_id.in_(
                    select(series.c.id).where(or_(series.c.provider_id == person_id, series.c.client_id == person_id))
                ),
            ),
        )
        self._connection.execute(update(_table).where(theirs, tables.WATCHED).values(wanted=_table.c.wanted + 1))
        self._making.for_standing(theirs)

    def mark_restyled(self, calendar_id: str, look: str) -> None:
        """Add one to ``wanted`` of the watched ones there that another ``look`` than this wrote, if none is due."""
        stale = and_(*_styled_otherwise(calendar_id, look), _table.c.wanted == _table.c.done)
        self._connection.execute(update(_table).where(stale).values(wanted=_table.c.wanted + 1))

    def styled_otherwise(self, calendar_id: str, look: str) -> Sequence[Publication]:
        """Return the watched ones that stand there as another ``look`` has them."""
        return self._found(*_styled_otherwise(calendar_id, look))

    def count(self, calendar_id: str) -> int:
        """Return how many watched ones of a calendar have a published body."""
        standing = (_table.c.calendar_id == calendar_id, _table.c.body.is_not(None), tables.WATCHED)
        here = select(func.count()).select_from(_table).where(*standing)
        return self._connection.execute(here).scalar_one()

    def unpublished(self) -> Mapping[str, int]:
        """Return the calendars in which nothing was ever published, each with how many watched events wait for it."""
        here = _table.c.calendar_id == tables.calendars.c.id
        shown = exists().where(here, or_(_table.c.body.is_not(None), _table.c.first_seen_at.is_not(None)))
        without = select(tables.calendars.c.id).where(not_(shown))  # in most the first row tells
        waiting = select(_table.c.calendar_id, func.count().label("waiting")).where(
            _table.c.calendar_id.in_(without), tables.WATCHED
        )
        return {row["calendar_id"]: row["waiting"] for row in self._many(waiting.group_by(_table.c.calendar_id))}

    def _found(self, *conditions: ColumnElement[bool] | TextClause) -> list[Publication]:
        query = select(_table).where(*conditions).order_by(_table.c.calendar_id, _table.c.href)
        return [_publication(row) for row in self._many(query)]


def _missing(publication_id: str) -> str:
    return f"No publication {publication_id!r}."


def _styled_otherwise(calendar_id: str, look: str) -> tuple[ColumnElement[bool] | TextClause, ...]:
    return _table.c.calendar_id == calendar_id, _table.c.body.is_not(None), _table.c.look != look, tables.WATCHED


def _of(source: SourceRef) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _table.c.source_kind == source.kind, _table.c.source_id == source.id


def _values(publication: Publication) -> dict[str, Any]:
    intent = publication.intent
    return {
        "id": publication.id,
        "calendar_id": publication.calendar_id,
        "source_kind": publication.source.kind,
        "source_id": publication.source.id,
        "uid": publication.uid,
        "href": publication.href,
        "etag": publication.etag,
        "schedule_tag": publication.schedule_tag,
        "body": publication.body,
        "sequence": publication.sequence,
        "done": publication.done,
        "intent_kind": intent.kind if intent else None,
        "intent_body": intent.body if intent else None,
        "intent_at": intent.at if intent else None,
        "intent_base": intent.base if intent else None,
        "yielded": publication.yielded,
        "look": publication.look,
        "published_at": publication.published_at,
        "verified_at": publication.verified_at,
        "state": publication.state,
        "first_seen_at": publication.first_seen_at,
    }


def _publication(row: RowMapping) -> Publication:
    intent = None
    if row["intent_kind"] is not None:
        intent = Intent(IntentKind(row["intent_kind"]), row["intent_body"], row["intent_at"], row["intent_base"])
    return Publication(
        id=row["id"],
        calendar_id=row["calendar_id"],
        source=SourceRef(SourceKind(row["source_kind"]), row["source_id"]),
        uid=row["uid"],
        href=row["href"],
        etag=row["etag"],
        schedule_tag=row["schedule_tag"],
        body=row["body"],
        sequence=row["sequence"],
        wanted=row["wanted"],
        done=row["done"],
        intent=intent,
        yielded=tuple(Yielded(*text) for text in row["yielded"]),
        look=row["look"],
        published_at=row["published_at"],
        verified_at=row["verified_at"],
        state=PublicationState(row["state"]),
        first_seen_at=row["first_seen_at"],
    )
