"""All that happened to an appointment as one story: changes, edits, decisions, mails and attestations."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from syncd.core.claims.claim import Attestation
from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import Appointment, Change
from syncd.core.scheduling.people import Party
from syncd.core.scheduling.reasons import Reason
from syncd.core.sync.drift import Drift, DriftStatus
from syncd.ports.store.lists import MessageFilter, Part
from syncd.ports.store.sync import DriftQuery
from syncd.ports.store.transaction import Transaction
from syncd.presentation import labels, moments
from syncd.presentation.edits import headline
from syncd.presentation.history import what

_MOST = 100


class Line(NamedTuple):
    """One thing that happened."""

    at: datetime
    text: str
    who: str = ""
    href: str = ""
    tone: str = ""


def timeline(
    tx: Transaction, one: Appointment, provider: str, reasons: Iterable[Reason], scope: str | None
) -> list[Line]:
    """Return what happened to an appointment, newest first. ``scope``: a provider sees no mails to the client."""
    known = tuple(reasons)
    lines = [
        *(_of_change(change, known) for change in tx.appointments.history(one.id)),
        *(line for drift in tx.drifts.list(DriftQuery(appointment_id=one.id)) for line in _of_drift(drift, provider)),
        *(_of_word(word) for word in tx.claims.attestations(one.id)),
    ]
    mails = tx.lists.messages(MessageFilter(appointment_id=one.id), Part(size=_MOST, counted=False)).rows
    told = [row.message for row in mails if scope is None or row.message.party == Party.PROVIDER]
    lines += [_of_mail(message) for message in told]
    return sorted(lines, key=lambda line: line.at, reverse=True)


_PARTIES = {
    Party.PROVIDER: "The provider",
    Party.CLIENT: "The client",
    Party.ADMIN: "The practice",
    Party.SYSTEM: "syncd",
}


def _of_change(change: Change, reasons: tuple[Reason, ...]) -> Line:
    note = f" Note: {change.note}" if change.note else ""
    who = "" if change.by is Party.SYSTEM else labels.actor(change.actor)
    return Line(change.at, f"{_PARTIES[change.by]} {what(change, reasons)}.{note}", who, tone="info")


def _of_drift(drift: Drift, provider: str) -> Iterator[Line]:
    href = f"/drifts/{drift.id}"
    yield Line(drift.detected_at, f"{headline(provider, drift)}.", "found in the calendar", href, "warn")
    if drift.resolved_at and drift.status is not DriftStatus.OPEN:
        note = f" Note: {drift.note}" if drift.note else ""
        words = f"The edit: {labels.DRIFTS[drift.status].text[:1].lower()}{labels.DRIFTS[drift.status].text[1:]}.{note}"
        yield Line(drift.resolved_at, words, labels.actor(drift.resolved_by), href, "good")


def _of_mail(message: Message) -> Line:
    kind = labels.MAILS.get(message.kind, message.kind)
    to = "client" if message.party == Party.CLIENT else "provider"
    status = labels.MESSAGES[message.status].text
    at = message.sent_at if message.status is MessageStatus.SENT and message.sent_at else message.created_at
    return Line(at, f"Mail to the {to}: {kind}. {status}.", "", f"/messages/{message.id}")


def _of_word(word: Attestation) -> Line:
    note = f" Note: {word.note}" if word.note else ""
    text = f"{word.by} said that it took place on {moments.day(word.date_of_service)}.{note}"
    return Line(word.at, text, labels.actor(word.actor), tone="good")
