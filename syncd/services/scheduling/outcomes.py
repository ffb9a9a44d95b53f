"""What became of a session: it took place, or its client did not come; said by a person, or found by time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from syncd.core.access.permissions import Permission
from syncd.core.access.principal import part_of_syncd
from syncd.core.errors import ConflictError
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Scope
from syncd.core.scheduling.booking import check_outcome
from syncd.core.scheduling.people import Party
from syncd.ports.store.transaction import Store, Transaction
from syncd.services.scheduling.changes import By, Effect, Step, Terms, check_version, filed_claim, record_effect

TIMEKEEPER = By(Party.SYSTEM, part_of_syncd("syncd"))
"""Who says that a session took place when nobody said otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an appointment: ``status`` is completed or no_show. ``version`` is the one that was looked at."""

    appointment_id: str
    status: AppointmentStatus
    note: str = ""
    version: int | None = None


def record_outcome(tx: Transaction, asked: Outcome, terms: Terms) -> Appointment:
    """Put on record what became of a session, and return its appointment; said once more, nothing changes.

    A word that was wrong can be taken back by the other one, as long as no claim is filed on it. The calendars and the
    people are told nothing: both know. Raises `AppointmentStateError` for a session that is cancelled or has not begun,
    `AlreadyBilledError` for a no-show whose claim is filed.
    """
    one = tx.appointments.get(asked.appointment_id)
    terms.require(Permission.RECORD_OUTCOME, one)
    check_version(one, asked.version)
    if one.status is asked.status:
        return one
    check_outcome(one, asked.status, filed_claim(tx, one), terms.now)
    after = tx.appointments.save(replace(one, status=asked.status))
    effect = Effect(
        kind=asked.status.value,
        at=terms.now,
        by=terms.by,
        scope=Scope.THIS,
        appointment=after,
        steps=(Step(one, after),),
        records=(),
        note=asked.note.strip(),
    )
    record_effect(tx, effect, _no_mail)
    return after


def complete_if_over(store: Store, appointment_id: str, terms: Terms) -> bool:
    """Put on record as completed a session that has ended; tell whether it did.

    A session on which a drift is open waits: its provider may have moved it, or may never have held it. One that
    somebody changes at the same moment is left for the next time.
    """
    try:
        with store.transaction(durable=False) as tx:
            if not tx.appointments.took_place(appointment_id, terms.now):
                return False
            asked = Outcome(appointment_id=appointment_id, status=AppointmentStatus.COMPLETED)
            record_outcome(tx, asked, terms)
    except ConflictError:
        return False
    return True


def _no_mail(_tx: Transaction, _effect: Effect) -> Iterable[Message]:
    return ()
