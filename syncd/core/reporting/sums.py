"""The sums of the drift report: counts, spans of time, days, and which claim dates would have been wrong."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import NamedTuple
from zoneinfo import ZoneInfo

from syncd.core.events.findings import START_FIELD, Kind
from syncd.core.sync.calendars import CalendarKind
from syncd.core.sync.drift import Drift
from syncd.core.times import instant

_FEW_DAYS = 45
"""A longer period is drawn by weeks: more columns than these are too narrow on paper."""

_MOST_REPEATS = 10


class Found(StrEnum):
    """How a drift came to be known."""

    CALENDAR = "calendar"
    FEED = "feed"
    REPLY = "reply"
    REMOVED_CALENDAR = "removed calendar"


class DigestRhythm(StrEnum):
    """How often the report is sent by mail."""

    OFF = "off"
    DAILY = "daily"
    WEEKLY = "weekly"


class Count(NamedTuple):
    """How many times a name was met."""

    name: str
    times: int


class Spans(NamedTuple):
    """How long something took: the median and the 95th percentile of the ``cases``, None when there is none."""

    cases: int
    median: timedelta | None
    p95: timedelta | None


class Repeat(NamedTuple):
    """The same kinds of edit on the same appointment, again and again."""

    appointment_id: str
    provider_id: str
    kinds: tuple[Kind, ...]
    times: int
    last_at: datetime


class DateChange(NamedTuple):
    """A date of service as it stood, and as an edit would have had it; None: no date can be read from it."""

    recurrence_id: datetime | None
    old: date | None
    edited: date | None


def counts(names: Iterable[str]) -> tuple[Count, ...]:
    """Count names, the most frequent first."""
    return tuple(Count(name, times) for name, times in sorted(Counter(names).items(), key=lambda n: (-n[1], n[0])))


def spans(lengths: Iterable[timedelta]) -> Spans:
    """Return median and 95th percentile, each the nearest rank: a length that did occur."""
    ranked = sorted(lengths)
    return Spans(len(ranked), _rank(ranked, 0.5), _rank(ranked, 0.95))


def _rank(ranked: Sequence[timedelta], share: float) -> timedelta | None:
    return ranked[max(ceil(share * len(ranked)), 1) - 1] if ranked else None


def detection(drifts: Iterable[Drift]) -> Spans:
    """Return how long after the edit drifts were detected, where the calendar says when it was made."""
    return spans(
        drift.detected_at - drift.edited_at
        for drift in drifts
        if drift.edited_at is not None and drift.edited_at <= drift.detected_at
    )


def resolution(drifts: Iterable[Drift]) -> Spans:
    """Return how long after their detection drifts were resolved, where they are."""
    return spans(drift.resolved_at - drift.detected_at for drift in drifts if drift.resolved_at is not None)


def how_found(drift: Drift, kind: CalendarKind | None) -> Found:
    """Return how a drift came to be known; ``kind`` is its calendar's, None when that is connected no more."""
    if {Kind.DECLINED, Kind.COUNTERED} & set(drift.kinds):
        return Found.REPLY
    if kind is None:
        return Found.REMOVED_CALENDAR
    return Found.FEED if kind is CalendarKind.FEED else Found.CALENDAR


def over_time(moments: Iterable[datetime], since: datetime, until: datetime) -> tuple[Count, ...]:
    """Count moments by day (UTC), or by weeks from ``since`` in a long period; those without any are there too."""
    first, last = instant(since).date(), instant(until - timedelta(microseconds=1)).date()
    step = 1 if (last - first).days < _FEW_DAYS else 7
    found = Counter((instant(moment).date() - first).days // step for moment in moments)
    columns = (last - first).days // step + 1
    return tuple(Count((first + timedelta(days=n * step)).isoformat(), found[n]) for n in range(columns))


def repeats(drifts: Iterable[Drift]) -> tuple[Repeat, ...]:
    """Return what was edited alike more than once, the most frequent first."""
    times: dict[tuple[str, str, tuple[Kind, ...]], list[datetime]] = {}
    for drift in drifts:
        times.setdefault((drift.appointment_id, drift.provider_id, drift.kinds), []).append(drift.detected_at)
    again = [Repeat(*what, len(when), max(when)) for what, when in times.items() if len(when) > 1]
    return tuple(sorted(again, key=lambda repeat: (-repeat.times, repeat.appointment_id))[:_MOST_REPEATS])


def date_changes(drift: Drift, zone: ZoneInfo) -> Iterator[DateChange]:
    """Yield the dates of service that an edit would have changed, as local dates in the provider's zone."""
    if not drift.claim_date_changes:
        return
    for finding in drift.findings:
        change = DateChange(
            finding.recurrence_id, _local_date(finding.published, zone), _local_date(finding.observed, zone)
        )
        if finding.field == START_FIELD and change.edited is not None and change.old != change.edited:
            yield change


def _local_date(text: str | None, zone: ZoneInfo) -> date | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.date() if moment.tzinfo is None else moment.astimezone(zone).date()
