"""What every change of appointments has in common: history, audit, SEQUENCE, publications and messages, at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from syncd.core.practice import Appointment, Change, Party, Scope, Series
from syncd.core.records import AuditRecord, Message
from syncd.ports.store import Transaction


class By(NamedTuple):
    """On whose behalf and by whom something is done: ``actor`` is a user's id, or a program's name."""

    party: Party
    actor: str


class Step(NamedTuple):
    """One appointment before and after; None before: it is new."""

    before: Appointment | None
    after: Appointment


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


def next_sequence(tx: Transaction, record: Appointment | Series) -> int:
    """Return the SEQUENCE for the next revision of what is published for ``record``.

    RFC 5546 section 2.1.4 demands that it rises with times, rules and status; here it rises with every change, since
    some receivers ignore whatever does not raise it. It never falls behind what a provider's program wrote.
    """
    seen = [publication.sequence for publication in tx.publications.of_source(record.source)]
    return max(record.sequence, *seen, 0) + 1


def record_effect(tx: Transaction, effect: Effect, messages_for: MessagesFor) -> None:
    """Write down what an effect leaves behind: history, audit trail, calendars to be looked at, mail to be sent."""
    tx.appointments.record(_line(effect, step) for step in effect.steps)
    tx.audit.append([_trail(effect)])
    for record in effect.records:
        tx.publications.mark_dirty(record.source)
    tx.messages.add(messages_for(tx, effect))


def _line(effect: Effect, step: Step) -> Change:
    before, after = _differences(step)
    return Change(
        appointment_id=step.after.id,
        at=effect.at,
        kind=effect.kind,
        by=effect.by.party,
        actor=effect.by.actor,
        before=before,
        after=after,
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


def _differences(step: Step) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields that changed, before and after, as a person and JSON read them."""
    before = facts(step.before) if step.before else {}
    after = facts(step.after)
    changed = [name for name in after if before.get(name) != after[name]]
    return {name: before[name] for name in changed if name in before}, {name: after[name] for name in changed}


def facts(one: Appointment) -> dict[str, Any]:
    """Return what history tells of an appointment; people are on record there by their ids alone."""
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
