"""The rules of booking, rescheduling and cancelling: when a time can be taken, and who may change what until when."""

from bisect import bisect_left
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.core.errors import (
    AlreadyBilledError,
    AppointmentStateError,
    ClientOverlapError,
    InvalidValueError,
    LateNoticeError,
    OverlapError,
    PastStartError,
)
from syncd.core.scheduling.appointments import Appointment, AppointmentStatus
from syncd.core.scheduling.money import Money
from syncd.core.scheduling.people import Party, Provider
from syncd.core.scheduling.reasons import DEFAULT_REASONS, Reason
from syncd.core.times import exact_local, instant

LONGEST_MINUTES = 1440
_FURTHEST = timedelta(days=1100)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRules:
    """What a practice sets about appointments.

    ``horizon``: how far ahead the instances of an endless series stand in the store. ``late_notice_hours``: within so
    many hours of the start a client may change nothing (a provider's own value comes first). ``contact``: how else
    than by the provider's e-mail address a client reaches the practice then, such as a telephone number.
    """

    horizon: timedelta = timedelta(days=180)
    late_notice_hours: int = 24
    contact: str = ""
    reasons: tuple[Reason, ...] = DEFAULT_REASONS


class Wanted(NamedTuple):
    """The new values of a reschedule; None leaves one as it is. ``start`` is local, in the appointment's zone."""

    start: datetime | None = None
    minutes: int | None = None
    location: str | None = None


def local_start(given: datetime, tz: ZoneInfo) -> datetime:
    """Return the start that was asked for, in ``tz``: ``given`` is a naive wall clock's reading there, or any moment.

    Raises `NonexistentTimeError` and `AmbiguousTimeError` for a reading that is not one moment, and `InvalidValueError`
    for a start within a minute.
    """
    if given.second or given.microsecond:
        raise InvalidValueError(
            f"An appointment starts on a full minute, not at {given.time().isoformat()}.", start=given.isoformat()
        )
    try:
        start = exact_local(given, tz) if given.tzinfo is None else given.astimezone(tz)
        instant(start)
    except OverflowError as error:  # the first and the last day of Python's calendar are no whole days everywhere
        raise InvalidValueError(
            f"{given.isoformat()} is no start that a calendar can hold. Check its year.", start=given.isoformat()
        ) from error
    return start


def check_minutes(minutes: int) -> None:
    """Refuse a duration that is none, or is longer than a day."""
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise InvalidValueError(f"An appointment lasts 1 to {LONGEST_MINUTES} minutes, not {minutes}.", minutes=minutes)


def check_start(start: datetime, now: datetime) -> None:
    """Refuse a start that has passed, or that is so far away that its year must be a slip."""
    if instant(start) <= instant(now):
        raise PastStartError(
            f"{_shown(start)} is in the past (it is {_shown(now.astimezone(start.tzinfo))} now). Choose a later start.",
            start=_shown(start),
        )
    if instant(start) > instant(now) + _FURTHEST:
        raise InvalidValueError(
            f"{_shown(start)} is more than {_FURTHEST.days} days away. Check its year.", start=_shown(start)
        )


def check_free(wanted: Iterable[Appointment], taken: Iterable[Appointment]) -> None:
    """Refuse times that meet a booked appointment, or each other; the message names the other's id and time.

    ``taken`` holds booked appointments of the same provider, none of them in ``wanted``. One may begin as another ends.
    """
    asked = {one.id: one for one in wanted}
    latest: Appointment | None = None
    for one in sorted([*asked.values(), *taken], key=lambda each: instant(each.start)):
        if latest is not None and instant(one.start) < instant(latest.end) and {one.id, latest.id} & asked.keys():
            raise _overlap(*((one, latest) if one.id in asked else (latest, one)), new=asked.keys())
        if latest is None or instant(one.end) > instant(latest.end):
            latest = one


def _overlap(asked: Appointment, other: Appointment, new: Collection[str]) -> OverlapError:
    if other.id in new:
        sentence = f"The sessions at {_shown(asked.start)} and {_shown(other.start)} would overlap. Make them shorter."
    else:
        sentence = (
            f"{_shown(asked.start)} overlaps with {other.id}, which starts at {_shown(other.start)} and lasts "
            f"{other.minutes} minutes. Choose another time."
        )
    return OverlapError(
        sentence,
        start=_shown(asked.start),
        other=other.id,
        other_start=_shown(other.start),
        other_end=_shown(other.end),
    )


def check_client_free(wanted: Iterable[tuple[Appointment | None, Appointment]], taken: Iterable[Appointment]) -> None:
    """Refuse times at which the client has another appointment; each is given before (None: it is new) and after.

    ``taken`` holds booked appointments of the client with other providers. One that was met before as well is none to
    be asked about again.
    """
    others = sorted(taken, key=lambda other: instant(other.start))
    starts = [instant(other.start) for other in others]
    for before, after in wanted:
        first = bisect_left(starts, instant(after.start) - timedelta(minutes=LONGEST_MINUTES))
        near = others[first : bisect_left(starts, instant(after.end))]
        met = first_met(after, (other for other in near if before is None or first_met(before, [other]) is None))
        if met is not None:
            raise ClientOverlapError(
                f"At {_shown(after.start)} the client has {met.id} with another provider, which starts at "
                f"{_shown(met.start)} and lasts {met.minutes} minutes. Choose another time, or say that it is meant: "
                "--allow-overlap.",
                start=_shown(after.start),
                other=met.id,
                other_start=_shown(met.start),
                other_end=_shown(met.end),
            )


def first_met(one: Appointment, taken: Iterable[Appointment]) -> Appointment | None:
    """Return the first of ``taken`` that shares any moment with ``one``, None when there is room."""
    start, end = instant(one.start), instant(one.end)
    return next((other for other in taken if instant(other.start) < end and start < instant(other.end)), None)


def has_begun(one: Appointment, now: datetime) -> bool:
    """Tell whether a session has begun, or its outcome is on record: then it is past, and nothing moves it."""
    return instant(one.start) <= instant(now) or one.status in {AppointmentStatus.COMPLETED, AppointmentStatus.NO_SHOW}


def check_changeable(one: Appointment, filed_claim: str | None, now: datetime) -> None:
    """Refuse to change an appointment that is cancelled, billed (``filed_claim`` is that claim's id), or past."""
    if one.status is AppointmentStatus.CANCELLED:
        raise AppointmentStateError(f"{one.id} is cancelled. Book a new appointment.", status=one.status)
    _refuse_if_billed(one, filed_claim)
    if has_begun(one, now):
        raise AppointmentStateError(
            f"{one.id} is past: it began at {_shown(one.start)}.", status=one.status, start=_shown(one.start)
        )


def check_outcome(one: Appointment, outcome: AppointmentStatus, filed_claim: str | None, now: datetime) -> None:
    """Refuse to say what became of a session that is cancelled, has not begun, or is billed as one that took place."""
    if one.status is AppointmentStatus.CANCELLED:
        raise AppointmentStateError(f"{one.id} is cancelled: nothing took place.", status=one.status)
    if instant(one.start) > instant(now):
        raise AppointmentStateError(
            f"{one.id} has not begun: it starts at {_shown(one.start)}. Say so afterwards, or cancel it.",
            status=one.status,
            start=_shown(one.start),
        )
    if outcome is not AppointmentStatus.COMPLETED:
        _refuse_if_billed(one, filed_claim)


def _refuse_if_billed(one: Appointment, filed_claim: str | None) -> None:
    if filed_claim is not None:
        raise AlreadyBilledError(
            f"The claim of {one.id} is filed with {one.date_of_service}: a corrected claim is needed.",
            appointment=one.id,
            claim=filed_claim,
        )


def is_late(one: Appointment, provider: Provider, rules: BookingRules, now: datetime) -> bool:
    """Tell whether an appointment is so near that its client may no longer change it."""
    own = provider.late_notice_hours
    return instant(one.start) - instant(now) < timedelta(hours=rules.late_notice_hours if own is None else own)


def check_notice(
    affected: Iterable[Appointment], by: Party, provider: Provider, rules: BookingRules, now: datetime
) -> None:
    """Refuse a client's change inside the late-notice window; the message says how to reach the provider."""
    if by is not Party.CLIENT:
        return
    late = [one for one in affected if is_late(one, provider, rules, now)]
    if late:
        how = " or ".join(filter(None, [provider.email, rules.contact]))
        fee = " The provider's late cancellation fee may apply." if provider.late_fee else ""
        raise LateNoticeError(
            f"It is too late to change {late[0].id} ({_shown(late[0].start)}) without your provider. "
            f"Please contact them: {how}.{fee}",
            appointment=late[0].id,
            contact=how,
        )


def late_fee_of(
    one: Appointment, reason: Reason, provider: Provider, rules: BookingRules, now: datetime
) -> Money | None:
    """Return the fee for cancelling for that reason now: the one set in the provider's account, or None.

    It is due when the cancellation is the client's doing and comes inside the late-notice window.
    """
    return provider.late_fee if reason.clients_doing and is_late(one, provider, rules, now) else None


def _shown(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")
