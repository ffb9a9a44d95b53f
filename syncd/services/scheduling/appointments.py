"""Looking appointments up, with their history and how far their series goes."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from syncd.core.errors import InvalidValueError
from syncd.core.scheduling.appointments import Appointment, Change
from syncd.core.scheduling.series import extent
from syncd.core.times import instant
from syncd.ports.store.scheduling import AppointmentQuery
from syncd.ports.store.transaction import Store, Transaction


def listing(
    store: Store,
    *,
    provider: str | None = None,
    client: str | None = None,
    starts_from: datetime | None = None,
    starts_before: datetime | None = None,
    text: str | None = None,
) -> Sequence[Appointment]:
    """Return the appointments that fit, cancelled ones too, by start; people by id or e-mail address.

    ``text`` is looked for in the people's names and the location. Raises `NotFoundError` for people unknown, and
    `InvalidValueError` for a bound at the very end of the calendar.
    """
    with store.reading() as tx:
        query = AppointmentQuery(
            provider_id=tx.providers.get(provider).id if provider else None,
            client_id=tx.clients.get(client).id if client else None,
            starts_from=_bound(starts_from),
            starts_before=_bound(starts_before),
            text=text,
        )
        return listed(tx, query)


def listed(tx: Transaction, query: AppointmentQuery) -> Sequence[Appointment]:
    """Return the appointments that fit, instances with the SEQUENCE of their series."""
    return with_sequences(tx, tx.appointments.list(query))


class Story(NamedTuple):
    """An appointment with all that happened to it, oldest first."""

    appointment: Appointment
    history: tuple[Change, ...]


def story(store: Store, appointment_id: str) -> Story:
    """Return an appointment with its history. Raises `NotFoundError`."""
    with store.reading() as tx:
        one = with_sequences(tx, [tx.appointments.get(appointment_id)])[0]
        return Story(one, tuple(tx.appointments.history(one.id)))


class Extent(NamedTuple):
    """How far a series repeats.

    ``sessions`` and ``last`` are None for a series without an end; ``booked`` of them stand in the store by now, up to
    ``booked_until``.
    """

    rule: str
    sessions: int | None
    last: datetime | None
    booked: int
    booked_until: datetime


def extent_of(store: Store, one: Appointment) -> Extent | None:
    """Return how far the series of an appointment goes; None for one that is in no series."""
    if one.series_id is None:
        return None
    with store.reading() as tx:
        series = tx.series.get(one.series_id)
        stored = tx.appointments.list(AppointmentQuery(series_id=series.id))
    total = extent(series)
    return Extent(series.rule, total.sessions, total.last, len(stored), stored[-1].start)


def _bound(given: datetime | None) -> datetime | None:
    """Return a bound in UTC. Raises `InvalidValueError` for one that no calendar has there."""
    try:
        return instant(given) if given is not None else None
    except OverflowError as error:
        raise InvalidValueError(f"{given} is no time that a list can begin or end with. Check its year.") from error


def with_sequences(tx: Transaction, appointments: Iterable[Appointment]) -> list[Appointment]:
    """Return the appointments, instances with the SEQUENCE of their series: it is that of their UID."""
    found = list(appointments)
    sequences = {id_: tx.series.get(id_).sequence for id_ in {one.series_id for one in found} if id_ is not None}
    return [replace(one, sequence=sequences.get(one.series_id or "", one.sequence)) for one in found]
