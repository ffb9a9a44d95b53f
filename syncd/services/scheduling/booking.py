"""Book an appointment, or a series of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from syncd.core.access.permissions import Permission
from syncd.core.errors import InactiveError
from syncd.core.scheduling.appointments import Appointment, Scope, Series
from syncd.core.scheduling.booking import check_minutes, check_start, local_start
from syncd.core.scheduling.repetition import booked_rule
from syncd.core.scheduling.series import extended
from syncd.core.texts import LONGEST_PLACE, checked_text
from syncd.core.times import instant, zone
from syncd.ports.store.ids import new_id
from syncd.ports.store.transaction import Transaction
from syncd.services.scheduling.changes import Effect, Step, Terms, record_effect
from syncd.services.scheduling.extending import check_client_room, check_room, new_appointment_id
from syncd.services.sync.publications import publish


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBooking:
    """What is to be booked; people by id or e-mail address.

    ``start`` is a moment, or a wall clock's naive reading in ``timezone`` (None: the provider's). ``repeat`` is an
    RRULE value; ``start`` is then the series' first session. ``allow_overlap``: it is meant that the client has another
    appointment, with another provider, at the same time.
    """

    provider: str
    client: str
    start: datetime
    minutes: int
    timezone: str | None = None
    location: str = ""
    repeat: str | None = None
    allow_overlap: bool = False


def book(tx: Transaction, asked: NewBooking, terms: Terms) -> Appointment:
    """Book what is asked and return the (first) appointment; a series' appointments are stored up to the horizon.

    Raises a `RefusalError` that says what to give instead when the time, the zone or the rule is impossible, or when
    any session would meet another of the provider's or the client's, and when either is deactivated.
    """
    record = _record(tx, asked, terms.now)
    terms.require(Permission.BOOK, record)
    _check_active(tx, record)
    if isinstance(record, Appointment):
        sessions = [record]
    else:
        horizon = max(instant(record.start), instant(terms.now)) + terms.rules.horizon
        record, sessions = extended(record, horizon, new_appointment_id)
    check_room(tx, sessions, terms)
    check_client_room(tx, [(None, one) for one in sessions], terms, allow_overlap=asked.allow_overlap)
    _check_active(tx, record)  # again, now that both are locked: nobody is deactivated while they are being booked
    if isinstance(record, Series):
        tx.series.add(record)
    tx.appointments.add(sessions)
    publish(tx, record)
    effect = Effect(
        kind="booked",
        at=terms.now,
        by=terms.by,
        scope=Scope.THIS if isinstance(record, Appointment) else Scope.ALL,
        appointment=sessions[0],
        steps=tuple(Step(None, one) for one in sessions),
        records=(record,),
    )
    record_effect(tx, effect, terms.messages_for)
    return sessions[0]


def _record(tx: Transaction, asked: NewBooking, now: datetime) -> Appointment | Series:
    """Return what will be published for the request, with a UID of its own: it is its name for ever."""
    provider, client = tx.providers.get(asked.provider), tx.clients.get(asked.client)
    start = local_start(asked.start, zone(asked.timezone or provider.timezone))
    check_minutes(asked.minutes)
    check_start(start, now)
    if asked.repeat is None:
        return Appointment(
            id=new_id("apt"),
            uid=str(uuid4()),
            provider_id=provider.id,
            client_id=client.id,
            start=start,
            minutes=asked.minutes,
            location=checked_text("The location", asked.location, LONGEST_PLACE),
        )
    return Series(
        id=new_id("ser"),
        uid=str(uuid4()),
        provider_id=provider.id,
        client_id=client.id,
        start=start,
        minutes=asked.minutes,
        location=checked_text("The location", asked.location, LONGEST_PLACE),
        rule=booked_rule(asked.repeat, start).format(),
        extended_until=instant(start),
        allow_overlap=asked.allow_overlap,
    )


def _check_active(tx: Transaction, record: Appointment | Series) -> None:
    """Refuse to book people who are deactivated."""
    for kind, person in (
        ("provider", tx.providers.get(record.provider_id)),
        ("client", tx.clients.get(record.client_id)),
    ):
        if not person.active:
            raise InactiveError(
                f"{person.id} is deactivated. To book again: syncd {kind} activate {person.id}", **{kind: person.id}
            )
