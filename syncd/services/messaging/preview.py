"""Sample messages, to see what becomes of a template before anybody is written to."""

from dataclasses import replace
from datetime import datetime, timedelta

from syncd.core.messaging.content import Facts, MessageKind, News, SessionTime, facts_document
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.people import Party
from syncd.core.times import zone
from syncd.ports.mail import Letter
from syncd.services.messaging.composing import Composer

PREVIEWS: dict[Party, tuple[MessageKind, ...]] = {
    Party.CLIENT: (
        MessageKind.BOOKED,
        MessageKind.RESCHEDULED,
        MessageKind.CANCELLED,
        MessageKind.ENDED,
        MessageKind.ADDRESS_LEFT,
        MessageKind.ADDRESS_NEW,
        MessageKind.REFRESHED,
    ),
    Party.PROVIDER: tuple(MessageKind),
}
"""Who is written to about what."""

_START = datetime(2026, 12, 1, 10, tzinfo=zone("America/New_York"))
_OLD = SessionTime(start=_START, minutes=50, location="Room 1")
_NEW = replace(_OLD, start=_START + timedelta(days=1, hours=1), location="Room 2")
_NEWS = {
    MessageKind.BOOKED: News(appointment_id="apt-sample", before=None, after=_NEW),
    MessageKind.RESCHEDULED: News(appointment_id="apt-sample", before=_OLD, after=_NEW),
    MessageKind.CANCELLED: News(appointment_id="apt-sample", before=_OLD, after=None),
    MessageKind.ENDED: News(appointment_id="apt-sample", before=_OLD, after=None, elsewhere=True),
    MessageKind.INVITED: News(appointment_id="apt-sample", before=_NEW, after=_NEW),
    MessageKind.UNINVITED: News(appointment_id="apt-sample", before=_NEW, after=_NEW),
    MessageKind.ADDRESS_LEFT: News(appointment_id="apt-sample", before=_NEW, after=_NEW),
    MessageKind.ADDRESS_NEW: News(appointment_id="apt-sample", before=_NEW, after=_NEW),
    MessageKind.ASKED_AGAIN: News(appointment_id="apt-sample", before=_OLD, after=_OLD),
    MessageKind.COUNTER_REFUSED: News(appointment_id="apt-sample", before=_OLD, after=_OLD),
    MessageKind.CLIENT_DECLINED: News(appointment_id="apt-sample", before=_OLD, after=_OLD),
    MessageKind.CLIENT_COUNTERED: News(appointment_id="apt-sample", before=_OLD, after=_OLD),
    MessageKind.REFRESHED: News(appointment_id="apt-sample", before=_OLD, after=_OLD),
}
_METHODS = {
    MessageKind.BOOKED: "REQUEST",
    MessageKind.RESCHEDULED: "REQUEST",
    MessageKind.CANCELLED: "CANCEL",
    MessageKind.ENDED: "REQUEST",
    MessageKind.INVITED: "REQUEST",
    MessageKind.UNINVITED: "CANCEL",
    MessageKind.ADDRESS_LEFT: "CANCEL",
    MessageKind.ADDRESS_NEW: "REQUEST",
    MessageKind.ASKED_AGAIN: "REQUEST",
    MessageKind.COUNTER_REFUSED: "DECLINECOUNTER",
    MessageKind.REFRESHED: "REQUEST",
}
_EDIT = "another time: Wednesday, 2 December 2026, 11:00 instead of Tuesday, 1 December 2026, 10:00"
_LISTED = (f"Tuesday, 1 December 2026, 10:00: {_EDIT}", "Thursday, 3 December 2026, 14:00: deleted")


def preview(composer: Composer, party: Party, kind: MessageKind) -> Letter:
    """Return a letter about people and times that are made up. Raises `WordingError` for a template that is wrong."""
    return composer.letter(_sample(party, kind))


def preview_all(composer: Composer) -> int:
    """Write from every template once and return how many letters that was. Raises `WordingError`."""
    letters = [preview(composer, party, kind) for party, kinds in PREVIEWS.items() for kind in kinds]
    return len(letters)


def _sample(party: Party, kind: MessageKind) -> Message:
    to_client, is_cancelled = party is Party.CLIENT, kind is MessageKind.CANCELLED
    facts = Facts(
        recipient="Robin Roe" if to_client else "Dana Doe",
        counterpart="Dana Doe" if to_client else "R. R.",
        timezone="America/New_York",
        provider_email="dana@example.com",
        booking_url="https://book.example.com/dana",
        news=(_NEWS[kind],) if kind in _NEWS else (),
        reason="The provider is ill" if is_cancelled else "",
        personal="I am sorry. Let us find another day." if is_cancelled and to_client else "",
        writer="Dana Doe" if is_cancelled and to_client else "",
        notice_hours=24,
    )
    return Message(
        id="msg-sample",
        kind=kind,
        appointment_id="apt-sample",
        recipient="robin@example.org" if to_client else "dana@example.com",
        party=party,
        method=_METHODS.get(kind),
        uid="sample",
        sequence=0,
        created_at=_START - timedelta(days=8),
        facts=facts_document(_about_a_calendar(facts, kind)),
    )


def _about_a_calendar(facts: Facts, kind: MessageKind) -> Facts:
    match kind:
        case MessageKind.REVERTED:
            return replace(facts, edits=(_EDIT,), kept=("title",), session=_OLD, drift="drift-sample")
        case MessageKind.CLIENT_DECLINED | MessageKind.CLIENT_COUNTERED:
            proposed = _NEW if kind is MessageKind.CLIENT_COUNTERED else None
            return replace(facts, proposed=proposed, late=True, personal="Something came up.", writer="The client")
        case MessageKind.PUT_BACK:
            return replace(facts, edits=_LISTED, count=14)
        case _:
            return facts
