"""An answer to an invitation, as its calendar object says it (RFC 5546 sections 3.2.3, 3.2.6 and 3.2.7)."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from syncd.core.events.snapshot import Moment
from syncd.core.inbound.letters import CalendarPart
from syncd.core.inbound.outcomes import MailEffect, Reason, Verdict

REPLY, COUNTER, REFRESH = "REPLY", "COUNTER", "REFRESH"
_METHODS = frozenset({REPLY, COUNTER, REFRESH})
_EFFECTS = {
    "ACCEPTED": MailEffect.ACCEPTED,
    "DECLINED": MailEffect.DECLINED,
    "TENTATIVE": MailEffect.TENTATIVE,
}
LONGEST_COMMENT = 1000


class Said(NamedTuple):
    """Who answers, and what: an address without case, a PARTSTAT in capitals."""

    address: str
    partstat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One event in a message. ``sequence`` is -1 where it is no number that there can be.

    ``stamp`` is its DTSTAMP. ``start`` and ``end`` are what stands there, which is a proposal in a COUNTER alone.
    ``refused``: a REQUEST-STATUS says that the invitation was not understood.
    """

    method: str
    uid: str
    said: tuple[Said, ...] = ()
    sequence: int = 0
    stamp: datetime | None = None
    recurrence_id: Moment | None = None
    and_future: bool = False
    start: Moment | None = None
    end: datetime | None = None
    comment: str = ""
    refused: bool = False

    @property
    def meaning(self) -> tuple[object, ...]:
        """What two copies of one answer have in common, however they are spelled."""
        instance = self.recurrence_id.instant if self.recurrence_id else None
        start = self.start.instant if self.method == COUNTER and self.start else None
        return self.method, self.uid, tuple(sorted(self.said)), self.sequence, self.stamp, instance, start

    def key(self, address: str, instance: datetime | None) -> str:
        """Return what is the same for every mail that brings this answer of ``address``."""
        partstat = next((one.partstat for one in self.said if one.address == address), "")
        start = self.start.instant if self.method == COUNTER and self.start else None
        parts = (self.method, self.uid, instance, address, self.sequence, self.stamp, partstat, start)
        return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32]


def only_answers(given: Iterable[tuple[CalendarPart, Sequence[Answer]]]) -> list[Answer]:
    """Return the answers of a mail, each once: a mail that brings one twice, in two parts, brings one.

    Raises `Verdict` where the parts do not agree, or are no answers.
    """
    copies: list[list[Answer]] = []
    for part, answers in given:
        methods = {answer.method for answer in answers}
        if part.method and methods - {part.method}:
            raise Verdict(Reason.METHOD_DIFFERS)
        copies.append(list(answers))
    if len({frozenset(one.meaning for one in copy) for copy in copies}) > 1:
        raise Verdict(Reason.COPIES_DIFFER)
    answers = list({one.meaning: one for one in copies[0]}.values())
    if len({answer.uid for answer in answers}) > 1:
        raise Verdict(Reason.SEVERAL_EVENTS)
    if any(answer.method not in _METHODS for answer in answers):
        raise Verdict(Reason.NOT_AN_ANSWER)
    return answers


def effect_of(answer: Answer, address: str) -> MailEffect:
    """Return what an answer of ``address`` amounts to. Raises `Verdict` where it amounts to nothing."""
    if answer.method == REFRESH:
        return MailEffect.REFRESH
    if answer.refused:
        raise Verdict(Reason.NOT_UNDERSTOOD)
    if answer.method == COUNTER:
        if answer.start is None or answer.start.is_date:
            raise Verdict(Reason.NO_TIME)
        return MailEffect.COUNTERED
    partstats = {one.partstat for one in answer.said if one.address == address}
    if partstats == {"NEEDS-ACTION"}:
        raise Verdict(Reason.NO_ANSWER)
    if len(partstats) != 1 or (effect := _EFFECTS.get(partstats.pop())) is None:
        raise Verdict(Reason.UNKNOWN_ANSWER)
    return effect


_EXCHANGE = "040000008200e00074c5b7101a82e008"
_WRAPPED = "7643616c2d55696401000000"


def unwrapped(uid: str) -> str:
    """Return the UID that Exchange, its phones and its exports wrap into one of their own; any other as it is.

    The wrapping is hexadecimal: a fixed id, dates, a length, ``vCal-Uid``, and the UID with a NUL at its end
    (MS-OXCICAL, MS-OXOCAL).
    """
    folded = uid.strip().lower()
    if not folded.startswith(_EXCHANGE) or _WRAPPED not in folded:
        return uid.strip()
    held = folded.partition(_WRAPPED)[2]
    try:
        return bytes.fromhex(held).rstrip(b"\0").decode()
    except ValueError:
        return uid.strip()
