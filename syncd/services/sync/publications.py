"""Which records are to stand in which calendars: the rows that a reconcile cycle works from."""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never
from urllib.parse import unquote, urlsplit

from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Series, SourceKind, SourceRef
from syncd.core.sync.calendars import Calendar, CalendarKind
from syncd.core.sync.publication import Publication, PublicationState
from syncd.core.sync.publishing import Publishable
from syncd.ports.store.ids import new_id
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Transaction

_MAY_RETURN = frozenset({PublicationState.RETIRED, PublicationState.WITHDRAWN})


def load(tx: Transaction, source: SourceRef) -> Publishable:
    """Return all that the record holds about one appointment or series, for `desired_of`."""
    record = _record(tx, source)
    return Publishable(
        record=record,
        provider=tx.providers.get(record.provider_id),
        client=tx.clients.get(record.client_id),
        instances=tx.appointments.list(AppointmentQuery(series_id=record.id)) if isinstance(record, Series) else (),
    )


def publish_to(tx: Transaction, calendar: Calendar, sources: Iterable[SourceRef]) -> int:
    """Note that ``sources`` are to stand in ``calendar``, each at a plain ASCII name made of its UID; return how many.

    What stands or is to stand there already is left alone, so that repeating it is safe. A feed takes nothing.
    """
    if calendar.kind is not CalendarKind.CALDAV:
        return 0
    new = [
        Publication(
            id=new_id("pub"),
            calendar_id=calendar.id,
            source=source,
            uid=uid,
            href=f"{unquote(urlsplit(calendar.url).path).rstrip('/')}/{uid}.ics",
        )
        for source, uid in ((source, _record(tx, source).uid) for source in sources)
        if all(known.calendar_id != calendar.id for known in tx.publications.ever_of_source(source))
    ]
    for publication in new:
        tx.publications.add(publication)
    return len(new)


def publish(tx: Transaction, record: Appointment | Series) -> None:
    """Note that a new appointment or series is to stand in every CalDAV calendar of its provider."""
    for calendar in tx.calendars.list(record.provider_id):
        publish_to(tx, calendar, [record.source])


def changed(tx: Transaction, source: SourceRef) -> None:
    """Note that the record of ``source`` changed: the calendars in which it stands are to follow.

    What was watched no longer, since its sessions were over or it was withdrawn, is watched again in calendars that are
    still connected. What a person let go of stays let go of.
    """
    tx.publications.mark_dirty(source)
    ended = [p for p in tx.publications.ever_of_source(source) if p.state in _MAY_RETURN]
    if ended and _is_booked(tx, source):
        connected = {calendar.id for calendar in tx.calendars.list(_record(tx, source).provider_id)}
        for publication in ended:
            if publication.calendar_id in connected:
                tx.publications.want_again(publication.id)


def _is_booked(tx: Transaction, source: SourceRef) -> bool:
    """Tell whether any session of ``source`` is booked."""
    return any(session.status is AppointmentStatus.BOOKED for session in load(tx, source).sessions)


def sources_from(tx: Transaction, provider_id: str, since: datetime) -> list[SourceRef]:
    """Return what a new calendar of the provider is to show: all with a booked session from ``since`` on."""
    booked = tx.appointments.list(
        AppointmentQuery(provider_id=provider_id, status=AppointmentStatus.BOOKED, starts_from=since)
    )
    return list(dict.fromkeys(one.source for one in booked))


def _record(tx: Transaction, source: SourceRef) -> Appointment | Series:
    match source.kind:
        case SourceKind.APPOINTMENT:
            return tx.appointments.get(source.id)
        case SourceKind.SERIES:
            return tx.series.get(source.id)
        case _:
            assert_never(source.kind)
