"""What every change of appointments has in common: history, audit, SEQUENCE, claims, calendars and messages at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from syncd.core.access.permissions import Permission, require
from syncd.core.access.principal import Principal
from syncd.core.audit.record import AuditRecord
from syncd.core.claims.claim import ClaimStatus
from syncd.core.errors import ConflictError
from syncd.core.events.snapshot import MOST_SEQUENCE
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus, Cancellation, Change, Scope, Series
from syncd.core.scheduling.booking import BookingRules
from syncd.core.scheduling.people import Party
from syncd.core.sync.drift import DriftStatus
from syncd.ports.store.transaction import Transaction
from syncd.services.sync.publications import changed


class By(NamedTuple):
    """On whose behalf and by whom something is done: an admin may carry out what a provider or a client asks for."""

    party: Party
    who: Principal

    @property
    def actor(self) -> str:
        """The name that stands on record."""
        return self.who.name


class Step(NamedTuple):
    """One appointment before and after; None before: it is new."""

    before: Appointment | None
    after: Appointment


ASKED_AGAIN, COUNTER_REFUSED = "asked_again", "counter_refused"
"""Effects that change no session: a provider who declined is asked again, the time they proposed is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one change did, as its messages need to tell it.

    ``kind`` is booked, rescheduled or cancelled; ``appointment`` the one that was asked about, ``steps`` hold it and
    every other that changed. ``records`` are what is published for them, with their new SEQUENCEs: of a series that was
    split, the first half and the second.
    """

    kind: str
    at: datetime
    by: By
    scope: Scope
    appointment: Appointment
    steps: tuple[Step, ...]
    records: tuple[Appointment | Series, ...]
    note: str = ""


MessagesFor = Callable[[Transaction, Effect], Iterable[Message]]
"""Makes the mail that tells the parties of an effect; it joins the outbox in the transaction of the change."""


_AGREED = frozenset({"start", "minutes", "location", "status"})
"""The facts of an appointment that people agree on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which terms a request is carried out: the practice's rules, who asks, and when."""

    rules: BookingRules
    messages_for: MessagesFor
    by: By
    now: datetime

    def require(self, act: Permission, one: Appointment | Series) -> None:
        """Refuse what the one who asks may not do to that appointment or series: `NotPermittedError`."""
        require(self.by.who, act, provider_id=one.provider_id, client_id=one.client_id)


def check_version(one: Appointment, looked_at: int | None) -> None:
    """Refuse a request that was made looking at another version of the appointment; None: whichever it is."""
    if looked_at not in {None, one.version}:
        raise ConflictError(
            f"{one.id} has changed since you looked at it (version {looked_at}, now {one.version}). Look again.",
            version=one.version,
        )


def filed_claim(tx: Transaction, one: Appointment) -> str | None:
    """Return the id of the appointment's claim if it is filed: then nothing about the session may change."""
    claim = tx.claims.get(one.id)
    return claim.id if claim.status is ClaimStatus.FILED else None


def next_sequence(tx: Transaction, record: Appointment | Series) -> int:
    """Return the SEQUENCE for the next revision of what is published for ``record``.

    RFC 5546 section 2.1.4 demands that it rises with times, rules and status; here it rises with every change, since
    some receivers ignore whatever does not raise it. It never falls behind what a provider's program wrote.
    """
    seen = [publication.sequence for publication in tx.publications.ever_of_source(record.source)]
    return min(max([record.sequence, *seen]) + 1, MOST_SEQUENCE)


def save_appointment(tx: Transaction, one: Appointment) -> Appointment:
    """Store a changed appointment; a single one under its next SEQUENCE (an instance has its series')."""
    return tx.appointments.save(one if one.series_id else replace(one, sequence=next_sequence(tx, one)))


def save_series(tx: Transaction, record: Series) -> Series:
    """Store a changed series under its next SEQUENCE."""
    return tx.series.save(replace(record, sequence=next_sequence(tx, record)))


def raised(tx: Transaction, record: Appointment | Series) -> Appointment | Series:
    """Store a record, as it is, under its next SEQUENCE: what is said of it from now on is newer."""
    return save_series(tx, record) if isinstance(record, Series) else save_appointment(tx, record)


def cancel_each(tx: Transaction, doomed: Iterable[tuple[Appointment, Cancellation]]) -> tuple[Step, ...]:
    """Store appointments as cancelled, each for its reason, and their claims as void: nothing will have taken place."""
    steps = []
    for one, why in doomed:
        after = save_appointment(tx, replace(one, status=AppointmentStatus.CANCELLED, cancellation=why))
        tx.claims.save(replace(tx.claims.get(one.id), status=ClaimStatus.VOID))
        steps.append(Step(one, after))
    return tuple(steps)


def record_effect(tx: Transaction, effect: Effect, messages_for: MessagesFor) -> None:
    """Write down what an effect leaves behind: history, audit trail, calendars to be looked at, mail to be sent."""
    tx.appointments.record(_line(effect, step) for step in effect.steps)
    tx.audit.append([_trail(effect)])
    for record in effect.records:
        changed(tx, record.source)
    _supersede_answers(tx, effect)
    tx.messages.add(messages_for(tx, effect))


def _supersede_answers(tx: Transaction, effect: Effect) -> None:
    """Close the answers by mail that wait for a decision on what is another time now, or cancelled."""
    changed_ids = {one.after.id for one in effect.steps if one.before is not None and _is_other(one.before, one.after)}
    for drift in tx.drifts.concerning(changed_ids) if changed_ids else ():
        if drift.by_mail and drift.status is DriftStatus.OPEN and drift.concerned <= changed_ids:
            tx.drifts.save(
                replace(drift, status=DriftStatus.SUPERSEDED, resolved_at=effect.at, resolved_by=effect.by.actor)
            )


def _is_other(before: Appointment, after: Appointment) -> bool:
    agreed = [(one.start, one.minutes, one.status) for one in (before, after)]
    return agreed[0] != agreed[1]


def _line(effect: Effect, step: Step) -> Change:
    """Return the line of history; an instance whose series alone became another was ``carried_over``."""
    before = facts(step.before) if step.before else {}
    after = facts(step.after)
    differing = {name for name, value in after.items() if step.before is None or before[name] != value}
    return Change(
        appointment_id=step.after.id,
        at=effect.at,
        kind=effect.kind if differing.intersection(_AGREED) else "carried_over",
        by=effect.by.party,
        actor=effect.by.actor,
        before={name: value for name, value in before.items() if name in differing},
        after={name: value for name, value in after.items() if name in differing},
        note=effect.note,
    )


def _trail(effect: Effect) -> AuditRecord:
    return AuditRecord(
        at=effect.at,
        actor=effect.by.actor,
        action=f"appointment.{effect.kind}",
        subject=effect.appointment.id,
        details={
            "by": effect.by.party.value,
            "scope": effect.scope.value,
            "appointments": [step.after.id for step in effect.steps],
            "sequences": {record.uid: record.sequence for record in effect.records},
        },
    )


def facts(one: Appointment) -> dict[str, Any]:
    """Return what history tells of an appointment; the people are known by the appointment itself."""
    cancellation = one.cancellation
    return {
        "start": one.start.isoformat(),
        "timezone": one.timezone,
        "minutes": one.minutes,
        "location": one.location,
        "status": one.status.value,
        "series": one.series_id,
        "recurrence_id": one.recurrence_id.isoformat() if one.recurrence_id else None,
        "reason": cancellation.reason if cancellation else None,
    }
