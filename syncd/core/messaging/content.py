"""What messages tell, how one that never left is merged into the next, and when a refused one is tried again.

A message tells its recipient of one UID, session by session: where each stood when they last heard of it and where it
stands now. What is true at a SEQUENCE is frozen when the change is made, so that a message that leaves late, or twice,
still says the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from syncd.core.messaging.outbox import Message, MessageStatus
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.times import instant, zone, zone_name

MOST_ATTEMPTS = 125
"""After these, which take five days (RFC 5321 section 4.5.4.1), a message is put aside for a person to look at."""

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)

_GATHERING = timedelta(minutes=1)
"""So long a summary waits to grow."""


class MessageKind(StrEnum):
    """What a message is about; names its templates.

    ``ended``: the series goes on under another UID, of which a message of its own tells. ``uninvited``: the session
    stands in the provider's calendar from now on, so the invitation by mail is taken back; ``invited``: the other way
    round. ``address_left`` and ``address_new``: a person has another address, told to the old one and to the new one.
    ``reverted``: an edit was put back; ``put_back``: a whole calendar was, on a person's word. ``asked_again``: the
    practice holds on to a session that the provider declined; ``counter_refused``: to its time; ``client_declined`` and
    ``client_countered``: its client asks the provider for something else. ``refreshed``: a party asked for the present
    state.
    """

    BOOKED = "booked"
    RESCHEDULED = "rescheduled"
    CANCELLED = "cancelled"
    ENDED = "ended"
    REVERTED = "reverted"
    PUT_BACK = "put_back"
    UNINVITED = "uninvited"
    INVITED = "invited"
    ADDRESS_LEFT = "address_left"
    ADDRESS_NEW = "address_new"
    ASKED_AGAIN = "asked_again"
    COUNTER_REFUSED = "counter_refused"
    CLIENT_DECLINED = "client_declined"
    CLIENT_COUNTERED = "client_countered"
    REFRESHED = "refreshed"


NOTICES = frozenset(
    {
        MessageKind.REVERTED,
        MessageKind.PUT_BACK,
        MessageKind.COUNTER_REFUSED,
        MessageKind.CLIENT_DECLINED,
        MessageKind.CLIENT_COUNTERED,
    }
)
"""Messages about a calendar or an answer; no news of the record is merged into them, nor they into it."""
_LONGEST_THREAD = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTime:
    """When and where a session is. ``start`` is local, in an IANA zone."""

    start: datetime
    minutes: int
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a recipient is to hear of one session.

    | before | after | elsewhere | it |
    | - | slot | no | is new |
    | slot | slot | no | has moved |
    | slot | - | no | is cancelled |
    | slot | - | yes | goes on in a series with another UID |
    | slot | the same | no | stands, and another message than one of news says so |
    """

    appointment_id: str
    before: SessionTime | None
    after: SessionTime | None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a mail is made of, besides the practice's own name and the words of its templates.

    ``recipient`` and ``counterpart`` are names as the recipient may read them, ``timezone`` is the recipient's.
    ``language`` is a BCP 47 tag, by which times are written.
    ``goes_on``: what is told of the listed sessions holds for all that follow, without end.
    ``reason`` and ``personal`` explain a cancellation, ``writer`` is who wrote the latter; ``fee`` is what it costs the
    client. ``notice_hours``: within so many hours of a session its client may not move it. ``calendar`` is the iTIP
    object; ``thread`` are the ids of the messages before it about the same.
    ``edits`` and ``drift`` are what a revert put back, ``kept`` what of it stays as the provider has it, ``session``
    when the session is, ``edit`` by what the same edit is known again; ``count`` are the events of a calendar that were
    put back. ``asks``: an answer to the invitation is read. ``proposed`` is the time that somebody asks for; ``late``:
    after the client may ask by themselves. Each is empty where there is none.
    """

    recipient: str
    counterpart: str
    timezone: str
    provider_email: str
    language: str = ""
    booking_url: str = ""
    goes_on: bool = False
    news: tuple[News, ...] = ()
    reason: str = ""
    offers_reschedule: bool = True
    personal: str = ""
    writer: str = ""
    fee: str = ""
    notice_hours: int = 0
    calendar: str = ""
    thread: tuple[str, ...] = ()
    edits: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    session: SessionTime | None = None
    drift: str = ""
    edit: str = ""
    count: int = 0
    asks: bool = False
    proposed: SessionTime | None = None
    late: bool = False


def slot_of(one: Appointment) -> SessionTime:
    """Return when and where an appointment is."""
    return SessionTime(start=one.start, minutes=one.minutes, location=one.location)


def news_of(uid: str, steps: Iterable[tuple[Appointment | None, Appointment]]) -> tuple[News, ...]:
    """Return what befell the sessions of one UID, by start; each step is a session before and after the change."""
    told = (_told(uid, before, after) for before, after in steps)
    return tuple(sorted((news for news in told if news is not None), key=_order))


def _told(uid: str, before: Appointment | None, after: Appointment) -> News | None:
    was_held = before is not None and before.status is AppointmentStatus.BOOKED
    old = slot_of(before) if before is not None and was_held else None
    if after.uid != uid:
        left = before is not None and before.uid == uid and was_held
        return News(appointment_id=after.id, before=old, after=None, elsewhere=True) if left else None
    new = slot_of(after) if after.status is AppointmentStatus.BOOKED else None
    return None if old == new else News(appointment_id=after.id, before=old, after=new)


def kind_of(news: Sequence[News]) -> MessageKind:
    """Return what a message with that news is about; a mixture is a rescheduling, and its text lists each session."""
    if all(one.elsewhere for one in news):
        return MessageKind.ENDED
    if all(one.before is None for one in news):
        return MessageKind.BOOKED
    if all(one.after is None and not one.elsewhere for one in news):
        return MessageKind.CANCELLED
    return MessageKind.RESCHEDULED


def never_left(message: Message) -> bool:
    """Tell whether a message certainly did not reach anybody: then the next one can say it all."""
    return message.status in {MessageStatus.QUEUED, MessageStatus.FAILED} and message.handed_over_at is None


def merged_news(earlier: Iterable[News], later: Iterable[News]) -> tuple[News, ...]:
    """Return the news of two messages as one: from where the recipient knows each session to where it stands now.

    | earlier, never sent | later | told |
    | new at A | moved to B | new at B |
    | new at A | cancelled | cancelled, from A: the words that come with it are not lost |
    | new at A | elsewhere | nothing here |
    | moved from A to B | moved to C, cancelled or elsewhere | the same, from A |
    | moved from A to B | moved to A | nothing |
    """
    known = {one.appointment_id: one for one in earlier}
    for one in later:
        first = known.get(one.appointment_id)
        known[one.appointment_id] = one if first is None else _chained(first, one)
    return tuple(sorted((one for one in known.values() if _says_something(one)), key=_order))


def merged(earlier: Sequence[Message], later: Message) -> Message | None:
    """Return ``later`` as it has to be when the ``earlier`` ones, oldest first, never left; None: nothing to tell.

    Its calendar part and SEQUENCE stay: they are the newest there are.
    """
    told = [facts_of(message) for message in (*earlier, later)]
    news: tuple[News, ...] = ()
    for facts in told:
        news = merged_news(news, facts.news)
    if not news:
        return None
    reason, fee = (_joined(getattr(facts, name) for facts in told) for name in ("reason", "fee"))
    goes_on = any(facts.goes_on for facts in told)
    writer, personal = _words(told)
    facts = replace(told[-1], news=news, goes_on=goes_on, reason=reason, fee=fee, writer=writer, personal=personal)
    return replace(later, kind=kind_of(news), facts=facts_document(facts))


def _words(told: Iterable[Facts]) -> tuple[str, str]:
    """Return writer and personal words of several messages: with several writers each under its writer's name."""
    written = list(dict.fromkeys((facts.writer, facts.personal) for facts in told if facts.personal))
    writers = {writer for writer, _ in written}
    if len(writers) > 1:
        return "", "\n".join(f"{writer}: {text}" for writer, text in written)
    return "".join(writers), "\n".join(text for _, text in written)


def known_before(waiting: Iterable[Message]) -> dict[str, SessionTime | None]:
    """Return where the recipient knows sessions of which only messages tell that never left; None: of none yet.

    A session that goes on in a series with another UID is told of under that one: from where they know it.
    """
    news: tuple[News, ...] = ()
    for message in waiting:
        news = merged_news(news, facts_of(message).news)
    return {one.appointment_id: one.before for one in news}


def from_where_known(news: Iterable[News], known: Mapping[str, SessionTime | None]) -> tuple[News, ...]:
    """Return the news with each session told from where its recipient knows it; what is no news then is left out."""
    told = (replace(one, before=known.get(one.appointment_id, one.before)) for one in news)
    return tuple(one for one in told if _says_something(one))


def thread_of(earlier: Iterable[Message]) -> tuple[str, ...]:
    """Return the ids of the last messages that left, or are to leave, for the References of the next."""
    alive = {MessageStatus.QUEUED, MessageStatus.SENT}
    return tuple(message.id for message in earlier if message.status in alive)[-_LONGEST_THREAD:]


def stands_invited(earlier: Iterable[Message]) -> bool:
    """Tell whether a recipient's own calendar may hold an invitation of ours: what they were last sent decides."""
    return _ends_with_request(message for message in earlier if _may_have_arrived(message))


def will_stand_invited(earlier: Iterable[Message]) -> bool:
    """Tell whether it may hold one once all that is queued has left."""
    return _ends_with_request(
        message for message in earlier if message.status is MessageStatus.QUEUED or _may_have_arrived(message)
    )


def _ends_with_request(messages: Iterable[Message]) -> bool:
    methods = [message.method for message in messages if message.method in _INVITING]
    return bool(methods) and methods[-1] == "REQUEST"


_INVITING = {"REQUEST", "CANCEL"}


def _may_have_arrived(message: Message) -> bool:
    return message.status is not MessageStatus.MERGED and not never_left(message)


def _joined(texts: Iterable[str]) -> str:
    return "\n".join(dict.fromkeys(filter(None, texts)))


def _chained(first: News, then: News) -> News:
    is_unheard_of = first.before is None and then.after is None and not then.elsewhere
    return replace(then, before=first.after if is_unheard_of else first.before)


def _says_something(news: News) -> bool:
    return news.before != news.after


def _order(news: News) -> tuple[datetime, str]:
    slot = news.after or news.before
    if slot is None:
        raise ValueError("news tells of a session that was or is")
    return instant(slot.start), news.appointment_id


def is_superseded(message: Message, others: Iterable[Message]) -> bool:
    """Tell whether a later message about the same UID went, or is to go, to the same recipient."""
    alive = {MessageStatus.QUEUED, MessageStatus.SENT}
    return any(other.number > message.number and other.status in alive for other in others)


def ready_at(message: Message) -> datetime:
    """Return from when on a message may leave: a summary first waits for what else is put back."""
    return message.created_at + (_GATHERING if message.kind == MessageKind.PUT_BACK else timedelta(0))


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait after that many attempts: a minute, then twice as long each time, at most an hour."""
    return min(_FIRST_PAUSE * (1 << min(attempts - 1, 10)), _LONGEST_PAUSE)


_LISTS = ("thread", "edits", "kept")


def facts_document(facts: Facts) -> dict[str, Any]:
    """Return the facts as the outbox keeps them: plain JSON."""
    plain = {name: getattr(facts, name) for name in facts.__slots__}
    lists = {name: list(plain[name]) for name in _LISTS}
    slots = {name: _slot_document(plain[name]) for name in ("session", "proposed")}
    return {**plain, **lists, **slots, "news": [_news_document(one) for one in facts.news]}


def facts_of(message: Message) -> Facts:
    """Return the facts of a message from the outbox."""
    kept: Mapping[str, Any] = message.facts
    plain = {name: value for name, value in kept.items() if name in Facts.__slots__}
    lists = {name: tuple(kept.get(name, ())) for name in _LISTS}
    slots = {name: _slot(kept.get(name)) for name in ("session", "proposed")}
    return Facts(**{**plain, **lists, **slots, "news": tuple(_news(one) for one in kept["news"])})


def _news_document(news: News) -> dict[str, Any]:
    return {
        "appointment_id": news.appointment_id,
        "before": _slot_document(news.before),
        "after": _slot_document(news.after),
        "elsewhere": news.elsewhere,
    }


def _slot_document(slot: SessionTime | None) -> dict[str, Any] | None:
    if slot is None:
        return None
    start = {"start": instant(slot.start).isoformat(), "timezone": zone_name(slot.start)}
    return {**start, "minutes": slot.minutes, "location": slot.location}


def _news(kept: Mapping[str, Any]) -> News:
    return News(
        appointment_id=kept["appointment_id"],
        before=_slot(kept["before"]),
        after=_slot(kept["after"]),
        elsewhere=kept["elsewhere"],
    )


def _slot(kept: Mapping[str, Any] | None) -> SessionTime | None:
    if kept is None:
        return None
    start = datetime.fromisoformat(kept["start"]).astimezone(zone(kept["timezone"]))
    return SessionTime(start=start, minutes=kept["minutes"], location=kept["location"])
