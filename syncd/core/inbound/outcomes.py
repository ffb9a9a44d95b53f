"""How a mail that came in ends: in exactly one effect, for exactly one reason, on record."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from syncd.core.scheduling.people import Party


class MailEffect(StrEnum):
    """What a mail changed. ``ignored`` and ``quarantined`` change nothing; the latter waits for a person to read it."""

    DECLINED = "declined"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    COUNTERED = "countered"
    REFRESH = "refresh"
    BOUNCED = "bounced"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"

    @property
    def is_answer(self) -> bool:
        """Tell whether it is an answer to an invitation."""
        return self in _ANSWERS


_ANSWERS = {MailEffect.DECLINED, MailEffect.ACCEPTED, MailEffect.TENTATIVE, MailEffect.COUNTERED}


class Reason(StrEnum):
    """Why a mail had its effect, or none; `WORDS` says each for a person."""

    TAKEN = "taken"
    ALREADY_OPEN = "already_open"
    PUT_BEFORE_PROVIDER = "put_before_provider"
    LATE_NOTICE = "late_notice"
    ANSWERED = "answered"
    # ignored
    REPEATED = "repeated"
    STALE = "stale"
    OUT_OF_ORDER = "out_of_order"
    OVER = "over"
    NO_ANSWER = "no_answer"
    NO_CHANGE = "no_change"
    AUTOMATIC = "automatic"
    NOT_FAILED = "not_failed"
    OWN = "own"
    FOREIGN = "foreign"
    NOT_INVITED = "not_invited"
    ASKED_OFTEN = "asked_often"
    # quarantined
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    METHOD_DIFFERS = "method_differs"
    COPIES_DIFFER = "copies_differ"
    SEVERAL_EVENTS = "several_events"
    NOT_AN_ANSWER = "not_an_answer"
    UNKNOWN_EVENT = "unknown_event"
    NOT_CONFIGURED = "not_configured"
    NOT_AUTHENTICATED = "not_authenticated"
    UNKNOWN_SENDER = "unknown_sender"
    WRONG_ATTENDEE = "wrong_attendee"
    WRONG_SEQUENCE = "wrong_sequence"
    NO_SUCH_SESSION = "no_such_session"
    THIS_AND_FUTURE = "this_and_future"
    UNKNOWN_ANSWER = "unknown_answer"
    NOT_UNDERSTOOD = "not_understood"
    NO_TIME = "no_time"
    WORDS_ONLY = "words_only"
    WINMAIL = "winmail"
    UNKNOWN_BOUNCE = "unknown_bounce"
    WRONG_RECIPIENT = "wrong_recipient"

    @property
    def effect(self) -> MailEffect | None:
        """The effect that a mail has for this reason, None where the mail itself says which."""
        if self in _TAKEN:
            return None
        return MailEffect.IGNORED if self in _IGNORED else MailEffect.QUARANTINED


_TAKEN = frozenset({Reason.TAKEN, Reason.ALREADY_OPEN, Reason.PUT_BEFORE_PROVIDER, Reason.LATE_NOTICE, Reason.ANSWERED})
_IGNORED = frozenset(
    {
        Reason.REPEATED,
        Reason.STALE,
        Reason.OUT_OF_ORDER,
        Reason.OVER,
        Reason.NO_ANSWER,
        Reason.NO_CHANGE,
        Reason.AUTOMATIC,
        Reason.NOT_FAILED,
        Reason.OWN,
        Reason.FOREIGN,
        Reason.NOT_INVITED,
        Reason.ASKED_OFTEN,
    }
)

WORDS: dict[Reason, str] = {
    Reason.TAKEN: "It is on record.",
    Reason.ALREADY_OPEN: "The same is on record already, and waits for a decision.",
    Reason.PUT_BEFORE_PROVIDER: "The provider was asked; nothing changes until they or the practice decide.",
    Reason.LATE_NOTICE: "It came later than the client may ask; the provider was told, and nothing changes by itself.",
    Reason.ANSWERED: "The present state was sent to the address on record.",
    Reason.REPEATED: "The same mail, or the same answer, was received before.",
    Reason.STALE: "It answers an earlier invitation than the last one that was sent there.",
    Reason.OUT_OF_ORDER: "A later answer was received before it.",
    Reason.OVER: "The session is cancelled or has begun.",
    Reason.NO_ANSWER: "It neither accepts nor declines.",
    Reason.NO_CHANGE: "It proposes the time that the session has.",
    Reason.AUTOMATIC: "A program wrote it, and it is no answer to an invitation.",
    Reason.NOT_FAILED: "It reports no failed delivery.",
    Reason.OWN: "syncd sent it itself.",
    Reason.FOREIGN: "It is about nothing that syncd sent.",
    Reason.NOT_INVITED: "Its sender holds no invitation by mail.",
    Reason.ASKED_OFTEN: "The invitation is on its way, or left within the last hour.",
    Reason.UNREADABLE: "It cannot be read.",
    Reason.TOO_LARGE: "It is larger, or nested more deeply, than any answer.",
    Reason.METHOD_DIFFERS: "Its calendar part and the part's header name two different methods.",
    Reason.COPIES_DIFFER: "Its calendar parts say different things.",
    Reason.SEVERAL_EVENTS: "It is about several events.",
    Reason.NOT_AN_ANSWER: "It is an invitation or a cancellation, and not an answer.",
    Reason.UNKNOWN_EVENT: "It answers to an event that syncd does not know.",
    Reason.NOT_CONFIGURED: "Nobody has said whose Authentication-Results are believed: set mail.authserv_id.",
    Reason.NOT_AUTHENTICATED: "The mail server did not find that it is from where it says.",
    Reason.UNKNOWN_SENDER: "Its sender is neither the client nor the provider of the appointment.",
    Reason.WRONG_ATTENDEE: "It answers for somebody else than its sender.",
    Reason.WRONG_SEQUENCE: "It answers to an invitation that was never sent.",
    Reason.NO_SUCH_SESSION: "It names a session that the series does not have.",
    Reason.THIS_AND_FUTURE: "It is about a session and all that follow it.",
    Reason.UNKNOWN_ANSWER: "Its answer is none that syncd knows.",
    Reason.NOT_UNDERSTOOD: "The receiving program says that it did not understand the invitation.",
    Reason.NO_TIME: "It proposes another time without saying which.",
    Reason.WORDS_ONLY: "It is written by a person, without an answer that a program could read.",
    Reason.WINMAIL: "Its answer stands in a winmail.dat.",
    Reason.UNKNOWN_BOUNCE: "It reports that a mail failed which syncd did not send.",
    Reason.WRONG_RECIPIENT: "It reports a failure for another address than the mail went to.",
}
"""Each reason in a sentence that holds no name."""


class Verdict(Exception):  # noqa: N818 - it ends the judgement of a mail, and is no error
    """A mail has no effect, for this reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(WORDS[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A mail on record. ``party`` is whose it is, None: unknown.

    Of what is foreign neither sender nor Message-ID is kept. ``recurrence_id`` names the instance of a series that it
    is about; ``drift`` what it opened; ``about`` the outgoing message that it is about. ``answer`` is the same for
    two mails that give the same answer. ``stamp`` is when it was given, as its program says. ``comment`` is what its
    sender wrote with it, ``proposed`` when a session shall begin instead.
    """

    id: str
    digest: str
    received_at: datetime
    channel: str
    size: int
    effect: MailEffect
    reason: Reason
    party: Party | None = None
    sender: str = ""
    message_id: str = ""
    method: str = ""
    uid: str = ""
    sequence: int = 0
    stamp: datetime | None = None
    appointment_id: str | None = None
    recurrence_id: datetime | None = None
    drift_id: str | None = None
    about: str | None = None
    answer: str | None = None
    proposed: datetime | None = None
    comment: str = ""
