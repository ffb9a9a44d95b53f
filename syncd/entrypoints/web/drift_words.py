"""What the page of one edit says: where the session lies, what each decision does, and the mails that would go out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from syncd.bootstrap import System
from syncd.core.claims.claim import Claim
from syncd.core.events.findings import TEXT_KINDS, Finding, Kind
from syncd.core.messaging.outbox import Message
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.people import Client, Party, Provider
from syncd.core.sync.calendars import Calendar
from syncd.core.sync.drift import Drift
from syncd.entrypoints.web.timeline import Line
from syncd.ports.mail import Letter
from syncd.presentation import drawn_day, edits, moments
from syncd.services.decisions.options import Decision, Option
from syncd.services.scheduling.changes import Step
from syncd.services.scheduling.foreseeing import Foreseen


@dataclass(frozen=True, slots=True)
class About:
    """What is known of an edit: whose, of which session, in which calendar (None: removed), with which claim."""

    drift: Drift
    one: Appointment
    provider: Provider
    client: Client
    calendar: Calendar | None
    claim: Claim
    neighbours: tuple[Appointment, ...]
    history: tuple[Line, ...]

    @property
    def headline(self) -> str:
        """The edit as a sentence."""
        return edits.headline(self.provider.name, self.drift)


def stretches(about: About) -> list[drawn_day.Stretch]:
    """Return what a drawing of the days shows."""
    place, tz = edits.place_of(about.one, about.drift), about.one.start.tzinfo
    others = [
        drawn_day.Stretch(other.start.astimezone(tz), other.end.astimezone(tz), "other") for other in about.neighbours
    ]
    drawn = [*others, drawn_day.Stretch(*place.record, "record", "on record")]
    if place.there is not None and place.there != place.record:
        drawn.append(drawn_day.Stretch(*place.there, "edit", "edited"))
    return drawn


class Words(NamedTuple):
    """What a decision is called, also by the provider whose edit it is, and what is said once it is made."""

    name: str
    own: str
    done: str


_OF_AN_EDIT = {
    Decision.REVERT: Words(
        "Put it back", "It was a mistake: put it back", "Put back: the calendar shows what is on record again."
    ),
    Decision.ACCEPT: Words(
        "Take it over",
        "Take it over",
        "Taken over: record and claim follow the calendar, and the mails are on their way.",
    ),
    Decision.DISMISS: Words(
        "Leave it", "Leave it as I wrote it", "Left as written: the event keeps the provider's words."
    ),
}
_LEFT = Words("Leave it", "Leave it", "Left: the session stands as on record, and nobody is told anything.")
_OF_A_DECLINE = {
    Decision.REVERT: Words("Ask again", "Ask again", "Asked again: the invitation goes out once more."),
    Decision.ACCEPT: Words("Cancel it", "Cancel it", "Cancelled, and the mails are on their way."),
    Decision.DISMISS: _LEFT,
}
_OF_ANOTHER_TIME = {
    Decision.REVERT: Words("Keep the time", "Keep the time", "Kept: the session stays when it is, and a mail says so."),
    Decision.ACCEPT: Words("Take that time", "Take that time", "Moved, and the mails are on their way."),
    Decision.DISMISS: _LEFT,
}


def words_of(drift: Drift) -> Mapping[Decision, Words]:
    """Return what the decisions on an edit, or on an answer by mail, are called."""
    if not drift.by_mail:
        return _OF_AN_EDIT
    return _OF_A_DECLINE if Kind.DECLINED in drift.kinds else _OF_ANOTHER_TIME


def effects(about: About, choice: Option) -> list[str]:
    """Return what a decision does, in sentences."""
    one, provider, client = about.one, about.provider.name, about.client.name
    day = moments.day(one.date_of_service)
    match choice.decision:
        case Decision.REVERT if about.drift.by_mail:
            asks = "asks for an answer once more" if Kind.DECLINED in about.drift.kinds else "says that the time stays"
            return [
                f"{provider} gets a mail that {asks}",
                f"The session stays on {moments.span(one.start, one.end)}",
                f"{client} is told nothing",
                f"The claim keeps {day}",
            ]
        case Decision.DISMISS if about.drift.by_mail:
            return ["The session stands as on record; the answer stays on record, too", "Nobody is told anything"]
        case Decision.REVERT:
            return [
                f"The calendar shows {moments.span(one.start, one.end)} again, as on record",
                f"{provider} gets a mail that says so",
                f"{client} is told nothing",
                f"The claim keeps {day}",
            ]
        case Decision.ACCEPT if choice.foreseen is not None:
            return changes(about, choice.foreseen)
        case Decision.ACCEPT:
            return ["What exactly it does is shown before you confirm, after a look at the calendar"]
        case _:
            return ["The event keeps what the provider wrote, until either side changes it", "Nobody is told anything"]


def changes(about: About, foreseen: Foreseen) -> list[str]:
    """Return what taking over changes, in sentences: the record, the claims, and who is told."""
    told = [change_said(step) for step in foreseen.steps[:5]]
    if len(foreseen.steps) > len(told):
        told.append(f"and {len(foreseen.steps) - len(told)} more sessions")
    names = {Party.PROVIDER: about.provider.name, Party.CLIENT: about.client.name}
    people = list(dict.fromkeys(names[Party(message.party)] for message in foreseen.messages))
    mails = f"{' and '.join(people)} get{'s' if len(people) == 1 else ''} a mail" if people else "No mail goes out"
    return [*(told or ["The record stays as it is; the provider's words stay in the calendar"]), mails]


def change_said(step: Step) -> str:
    """Return what becomes of one session, in a sentence."""
    before, after = step.before or step.after, step.after
    if after.status is AppointmentStatus.CANCELLED:
        return f"The session of {moments.span(before.start, before.end)} is cancelled and its claim is void"
    same = moments.when(before.start) == moments.when(after.start)
    parts = [] if same else [f"Record and claim: {moments.when(after.start)} instead of {moments.when(before.start)}"]
    if before.minutes != after.minutes:
        parts.append(f"{after.minutes} minutes instead of {before.minutes}")
    if before.location != after.location:
        parts.append(f"place {after.location or 'none'} instead of {before.location or 'none'}")
    return ", ".join(parts) or f"The session of {moments.span(after.start, after.end)} follows its series"


class Mail(NamedTuple):
    """A mail as it would go out."""

    to: str
    letter: Letter


def mails(system: System, messages: Sequence[Message]) -> list[Mail]:
    """Return mails as they would read."""
    return [Mail(message.recipient, system.composer.letter(message)) for message in messages]


def technical(finding: Finding) -> tuple[str, str, str]:
    """Return a finding for technicians: the property, ours, and what was observed; a provider's text by its length."""
    is_text = finding.kind in TEXT_KINDS | {Kind.LOCATION}
    observed = f"({len(finding.observed)} characters)" if is_text and finding.observed else finding.observed or "–"
    return f"{finding.field} ({finding.kind})", finding.published or "–", observed
