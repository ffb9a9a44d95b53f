"""Generated resources: what one means, and the many ways in which programs write it."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.corpus.bodies import ALARM, NEW_YORK, calendar

ZONE = ZoneInfo("America/New_York")
_STAMP = "%Y%m%dT%H%M%S"


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a resource means. ``count`` None: a single appointment; ``moved`` maps an instance's number to minutes."""

    start: datetime
    minutes: int = 50
    zone: str = "America/New_York"
    days: int = 7
    count: int | None = None
    deleted: frozenset[int] = frozenset()
    moved: tuple[tuple[int, int], ...] = ()
    retitled: frozenset[int] = frozenset()
    summary: str = "Session A. B."
    location: str = "Room 5"
    description: str = "Managed by the practice; change it there."
    attendee: str = "lee@example.com"
    cancelled: bool = False

    def wall(self, number: int) -> datetime:
        """Return when the rule has the instance with that number, by the wall clock."""
        return self.start + timedelta(days=self.days * number)


@dataclass(frozen=True, kw_only=True)
class Style:
    """How a program writes: nothing here changes the meaning."""

    tzid: str = "America/New_York"
    describes_zone: bool = False
    in_utc: bool = False
    duration: bool = False
    until: bool = False
    exdates_in_utc: bool = False
    cancelled_overrides: bool = False
    vain_exdate: bool = False
    needless_overrides: frozenset[int] = frozenset()
    overrides_first: bool = False
    reversed_lines: bool = False
    width: int = 75
    line_end: str = "\r\n"
    decomposed: bool = False
    capitals: bool = False
    stamp: str = "20260101T120000Z"
    sequence: int = 0
    extras: tuple[str, ...] = ()


@dataclass(slots=True)
class _Writer:
    meaning: Meaning
    style: Style
    zone: ZoneInfo = field(init=False)

    def __post_init__(self) -> None:
        self.zone = ZoneInfo(self.meaning.zone)

    def body(self) -> bytes:
        overrides = [self._override(number) for number in sorted(self._overridden())]
        events = [*overrides, self._master()] if self.style.overrides_first else [self._master(), *overrides]
        zones = NEW_YORK.replace("America/New_York", self.style.tzid) if self.style.describes_zone else ""
        return self._laid_out(calendar(zones, *events).decode())

    def _laid_out(self, text: str) -> bytes:
        lines = text.split("\r\n")
        folded = ["\r\n ".join(_pieces(line, self.style.width)) for line in lines]
        return "\r\n".join(folded).replace("\r\n", self.style.line_end).encode()

    def _overridden(self) -> set[int]:
        meaning = self.meaning
        if meaning.count is None:
            return set()
        needless = {number for number in self.style.needless_overrides if number < meaning.count} - meaning.deleted
        cancelled = meaning.deleted if self.style.cancelled_overrides else frozenset()
        return {*dict(meaning.moved), *meaning.retitled, *needless, *cancelled}

    def _time(self, name: str, wall: datetime, *, utc: bool = False) -> str:
        if utc or self.style.in_utc:
            return f"{name}:{wall.replace(tzinfo=self.zone).astimezone(UTC):{_STAMP}}Z"
        tzid = self.style.tzid if self.meaning.zone == "America/New_York" else self.meaning.zone
        return f"{name};TZID={tzid}:{wall:{_STAMP}}"

    def _span(self, wall: datetime) -> list[str]:
        end = wall + timedelta(minutes=self.meaning.minutes)
        last = f"DURATION:PT{self.meaning.minutes}M" if self.style.duration else self._time("DTEND", end)
        return [self._time("DTSTART", wall), last]

    def _master(self) -> str:
        lines = [*self._span(self.meaning.start), *self._common(self.meaning.summary), *self._recurrence()]
        return self._event([*lines, "STATUS:CANCELLED"] if self.meaning.cancelled else lines)

    def _override(self, number: int) -> str:
        wall = self.meaning.wall(number)
        there = wall + timedelta(minutes=dict(self.meaning.moved).get(number, 0))
        summary = "Retitled" if number in self.meaning.retitled else self.meaning.summary
        lines = [*self._span(there), *self._common(summary), self._time("RECURRENCE-ID", wall)]
        return self._event([*lines, "STATUS:CANCELLED"] if number in self.meaning.deleted else lines)

    def _recurrence(self) -> list[str]:
        meaning, style = self.meaning, self.style
        if meaning.count is None:
            return []
        last = meaning.wall(meaning.count - 1).replace(tzinfo=self.zone).astimezone(UTC)
        end = f"UNTIL={last:{_STAMP}}Z" if style.until else f"COUNT={meaning.count}"
        excluded = [] if style.cancelled_overrides else [meaning.wall(number) for number in sorted(meaning.deleted)]
        if style.vain_exdate:
            excluded.append(meaning.start + timedelta(days=1, minutes=7))
        exdates = [self._time("EXDATE", wall, utc=style.exdates_in_utc) for wall in excluded]
        return [f"RRULE:FREQ=DAILY;INTERVAL={meaning.days};{end}", *exdates]

    def _common(self, summary: str) -> list[str]:
        address = self.meaning.attendee.upper() if self.style.capitals else self.meaning.attendee
        return [
            f"SUMMARY:{_escaped(summary)}",
            f"LOCATION:{_escaped(self.meaning.location)}",
            f"DESCRIPTION:{_escaped(self.meaning.description)}{'  ' if self.style.capitals else ''}",
            f"ATTENDEE:mailto:{address}",
        ]

    def _event(self, lines: list[str]) -> str:
        style = self.style
        own = ["UID:generated@example.com", f"DTSTAMP:{style.stamp}", f"SEQUENCE:{style.sequence}", *lines]
        own = own[::-1] if style.reversed_lines else own
        text = "\n".join(["BEGIN:VEVENT", *own, *style.extras, "END:VEVENT", ""])
        return text.replace("\u00e9", "e\u0301") if style.decomposed else text


def _pieces(line: str, width: int) -> list[str]:
    return [line[at : at + width] for at in range(0, len(line), width)] or [""]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def written(meaning: Meaning, style: Style | None = None) -> bytes:
    """Return a body that means that, in that style."""
    return _Writer(meaning, style or Style()).body()


texts = st.sampled_from(["Session A. B.", "Caf\u00e9, 2nd floor; left", "line one\nline two", "back\\slash", "a" * 200])


@st.composite
def meanings(draw: st.DrawFn, *, series: bool | None = None) -> Meaning:
    """Return appointments and series, through changes of clocks too; never in an hour that a clock skips or repeats."""
    day = draw(st.integers(0, 360))
    start = datetime.fromisoformat("2026-01-01T04:00") + timedelta(days=day, minutes=draw(st.integers(0, 76)) * 15)
    meaning = Meaning(
        start=start,
        minutes=draw(st.sampled_from([25, 50, 90])),
        summary=draw(texts),
        location=draw(texts),
        description=draw(texts),
    )
    if not (draw(st.booleans()) if series is None else series):
        return meaning
    count: int = draw(st.integers(3, 12))
    numbers = st.integers(0, count - 1)
    deleted: frozenset[int] = draw(st.frozensets(numbers, max_size=2))
    moved: dict[int, int] = draw(st.dictionaries(numbers, st.sampled_from([15, 60, 180]), max_size=2))
    return replace(
        meaning,
        days=draw(st.sampled_from([1, 7, 14])),
        count=count,
        deleted=deleted,
        moved=tuple(sorted((number, minutes) for number, minutes in moved.items() if number not in deleted)),
        retitled=draw(st.frozensets(numbers, max_size=1)) - deleted,
    )


@st.composite
def styles(draw: st.DrawFn, meaning: Meaning) -> Style:
    """Return a way to write ``meaning``."""
    tzid = draw(
        st.sampled_from(
            [
                "America/New_York",
                "Eastern Standard Time",
                "/citadel.org/20190914_1/America/New_York",
                "US/Eastern",
                "Own",
            ]
        )
    )
    extras = (
        ALARM,
        "CATEGORIES:Work",
        "X-MOZ-LASTACK:20260101T000000Z",
        "COLOR:red",
        "TRANSP:TRANSPARENT",
        "CLASS:PRIVATE",
    )
    return Style(
        tzid=tzid,
        describes_zone=tzid == "Own" or draw(st.booleans()),
        in_utc=meaning.count is None and draw(st.booleans()),
        duration=draw(st.booleans()),
        until=draw(st.booleans()),
        exdates_in_utc=draw(st.booleans()),
        cancelled_overrides=draw(st.booleans()),
        vain_exdate=draw(st.booleans()),
        needless_overrides=draw(st.frozensets(st.integers(0, 11), max_size=2)),
        overrides_first=draw(st.booleans()),
        reversed_lines=draw(st.booleans()),
        width=draw(st.sampled_from([20, 60, 75])),
        line_end=draw(st.sampled_from(["\r\n", "\n"])),
        decomposed=draw(st.booleans()),
        capitals=draw(st.booleans()),
        stamp=draw(st.sampled_from(["20260101T120000Z", "20260303T080000Z"])),
        sequence=draw(st.integers(0, 3)),
        extras=tuple(draw(st.lists(st.sampled_from(extras), unique=True, max_size=3))),
    )
