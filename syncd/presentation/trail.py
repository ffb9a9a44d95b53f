"""Records of the audit trail as sentences, each with the page that it leads to."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from syncd.core.audit.record import AuditRecord
from syncd.presentation import moments
from syncd.presentation.labels import actor

_WORDS = {
    "revert": "{what} was put back in the calendar",
    "accept": "An edit of {what} was taken over",
    "ignore": "An edit of {what} was left as written",
    "flag": "An edit of {what} was found and waits for a decision",
    "forget": "{what} is watched no longer",
    "create": "{what} was written to the calendar",
    "update": "{what} was brought up to date in the calendar",
    "delete": "{what} was taken out of the calendar",
    "adopt": "{what} was found in the calendar as it is on record",
    "wait": "{what} waits to be put back",
    "appointment.booked": "{what} was booked",
    "appointment.rescheduled": "{what} was given another time",
    "appointment.cancelled": "{what} was cancelled",
    "appointment.completed": "{what} took place",
    "appointment.no_show": "The client of {what} did not come",
    "appointment.extended": "{what} was added as its series went on",
    "series.ended": "A series was ended",
    "calendar.connected": "The calendar of {who} was connected",
    "calendar.paused": "The calendar of {who} was paused",
    "calendar.resumed": "The calendar of {who} goes on",
    "calendar.set": "The settings of the calendar of {who} were changed",
    "calendar.removed": "A calendar was removed",
    "calendar.healed": "The calendar of {who} is whole again",
    "calendar.plain_events": "The calendar of {who} gets plain events",
    "claim.settled": "The claim for {what} is {status}",
    "claim.attested": "The date of {what} was attested",
    "claim.filed": "The claim for {what} was filed",
    "message.retried": "A mail was queued again",
    "links.revoked": "The links in mails about {what} were made void",
    "user.signed_in": "{actor} signed in",
    "user.sign_in_refused": "A sign-in was refused",
    "user.added": "An account was added",
    "user.invited": "An account was given a new link",
    "user.password_chosen": "{actor} chose a password",
    "user.password_changed": "{actor} changed the password",
    "user.reset_asked": "A link to choose another password was asked for",
    "user.renamed": "An account was given another name",
    "user.session_ended": "{actor} ended sessions",
    "user.deactivated": "An account was switched off",
    "token.created": "A token for programs was made",
    "token.revoked": "A token for programs was revoked",
    "provider.added": "The provider {who} was added",
    "provider.edited": "The record of {who} was changed",
    "provider.deactivated": "{who} was deactivated",
    "provider.activated": "{who} may be booked again",
    "client.added": "A client was added",
    "client.edited": "A client's record was changed",
    "client.deactivated": "A client was deactivated",
    "client.activated": "A client may be booked again",
    "digest.sent": "The report was sent by mail",
    "backup.made": "A backup was made",
    "backup.restored": "A backup was put back",
    "key.rotated": "The key was changed",
}
_PLACES = {
    "apt": "/appointments/{}",
    "cal": "/calendars/{}",
    "clm": "/claims/{}",
    "msg": "/messages/{}",
    "drift": "/drifts/{}",
    "prv": "/people/providers/{}",
    "cli": "/people/clients/{}",
}
_TONES = {
    "flag": "warn",
    "revert": "good",
    "accept": "info",
    "appointment.booked": "info",
    "appointment.rescheduled": "info",
    "appointment.cancelled": "info",
    "calendar.healed": "good",
    "user.sign_in_refused": "warn",
}

ACTIONS = {
    "appointment": "Appointments",
    "revert": "Edits put back",
    "accept": "Edits taken over",
    "ignore": "Edits left as written",
    "calendar": "Calendars",
    "claim": "Claims",
    "message": "Messages",
    "user": "Accounts",
    "token": "Tokens",
    "provider": "Providers",
    "client": "Clients",
}
"""What the trail can be filtered by, with its label."""


class Told(NamedTuple):
    """A record as a line: when, what, by whom, and where it leads to ("" for nowhere)."""

    at: datetime
    text: str
    who: str
    href: str
    tone: str


def told(record: AuditRecord, provider: str | None, start: datetime | None) -> Told:
    """Return a record as people read it; names no client."""
    who = provider or "a provider"
    session = f"{provider}'s session of {moments.when(start)}" if start and provider else "A session"
    status = STATES_OF_CLAIM.get(str(record.details.get("status")), "settled")
    words = _WORDS.get(record.action, record.action.replace(".", ": ").replace("_", " ").capitalize())
    by = actor(record.actor)
    text = words.format(what=session, who=who, status=status, actor=by)
    if record.action == "calendar.resumed" and record.details.get("how"):
        text += f": {_HOW.get(str(record.details['how']), '')}".rstrip(": ")
    return Told(record.at, text[:1].upper() + text[1:], by, _href(record), _TONES.get(record.action, ""))


STATES_OF_CLAIM = {"held": "held", "clear": "free to file", "void": "void", "pending": "waiting for the session's end"}
_HOW = {
    "republish": "all was put back",
    "accept": "all was taken over",
    "forget": "what differed is watched no longer",
}


def _href(record: AuditRecord) -> str:
    details: Mapping[str, Any] = record.details
    if isinstance(details.get("drift"), str):
        return f"/drifts/{details['drift']}"
    return _PLACES.get(record.subject.partition("-")[0], "").format(record.subject)
