"""Bodies that mean harm, or are broken: bounded in every respect, and nothing raised but `UnreadableError`."""

import random
import sys
from collections.abc import Callable, Iterator
from time import process_time
from zoneinfo import ZoneInfo

import pytest

from syncd.ics.errors import UnreadableError
from syncd.ics.explain import explain
from syncd.ics.parse import MAX_BYTES, read
from tests.corpus.bodies import ALARM, ENDLESS, NEW_YORK, WEEKLY, at, body, calendar, event, instance
from tests.corpus.zones import HISTORY

ZONE = ZoneInfo("America/New_York")
BODIES = (
    body(),
    body(ALARM, "ORGANIZER:mailto:office@example.com", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:lee@example.com"),
    calendar(NEW_YORK, event(*at("20260303T100000", zone="Eastern Standard Time"))),
    calendar(
        HISTORY, event(*at("20260303T100000", zone="Town"), "RRULE:FREQ=MONTHLY;BYDAY=1TU;UNTIL=20270101T000000Z")
    ),
    calendar(
        event(WEEKLY, "EXDATE;TZID=America/New_York:20260324T100000", "RDATE:20260320T140000Z"),
        instance("20260317", *at("20260318T100000")),
        instance("20260331", "SUMMARY:Anna").replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;"),
    ),
    body(ENDLESS),
)
NASTY = (
    b"RRULE:FREQ=SECONDLY",
    b"RRULE:FREQ=MINUTELY;BYSECOND=" + b",".join(b"%d" % n for n in range(60)),
    b"RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    b"RRULE:FREQ=DAILY;COUNT=999999",
    b"DTSTART:99991231T235959Z",
    b"DTSTART:00010101T000000Z",
    b"DTEND:20990101T000000Z",
    b"DURATION:P99999W",
    b"BEGIN:VEVENT",
    b"END:VCALENDAR",
    b"EXDATE:" + b"20260310T140000Z," * 50,
    b"RDATE;VALUE=PERIOD:20260310T140000Z/PT1H,20260311T140000Z/20260301T000000Z",
    b"RECURRENCE-ID;RANGE=THISANDFUTURE:20260101",
    b"SEQUENCE:" + b"9" * 400,
    b"DTSTART;TZID=../../etc/passwd:20260303T100000",
    b"TZOFFSETTO:+9999",
    b"\xff\xfe\x00",
    b"",
)
Mutation = Callable[[random.Random, bytes], bytes]


def _flip(chance: random.Random, text: bytes) -> bytes:
    place = chance.randrange(len(text) or 1)
    return text[:place] + bytes([chance.randrange(256)]) + text[place + 1 :]


def _digit(chance: random.Random, text: bytes) -> bytes:
    places = [place for place, byte in enumerate(text) if 48 <= byte <= 57] or [0]
    place = chance.choice(places)
    return text[:place] + b"%d" % chance.randrange(10) + text[place + 1 :]


def _drop_line(chance: random.Random, text: bytes) -> bytes:
    lines = text.split(b"\r\n")
    del lines[chance.randrange(len(lines))]
    return b"\r\n".join(lines)


def _swap_lines(chance: random.Random, text: bytes) -> bytes:
    lines = text.split(b"\r\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\r\n".join(lines)


def _repeat_line(chance: random.Random, text: bytes) -> bytes:
    lines = text.split(b"\r\n")
    lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    return b"\r\n".join(lines)


def _insert_nasty(chance: random.Random, text: bytes) -> bytes:
    lines = text.split(b"\r\n")
    lines.insert(chance.randrange(len(lines)), chance.choice(NASTY))
    return b"\r\n".join(lines)


def _cut(chance: random.Random, text: bytes) -> bytes:
    return text[: chance.randrange(len(text) + 1)]


MUTATIONS: tuple[Mutation, ...] = (_flip, _digit, _digit, _drop_line, _swap_lines, _repeat_line, _insert_nasty, _cut)


def mutated(chance: random.Random, text: bytes) -> bytes:
    for _ in range(chance.randrange(1, 4)):
        text = chance.choice(MUTATIONS)(chance, text)
    return text


@pytest.fixture
def untraced() -> Iterator[None]:
    """Time the work and not its measurement: tracing for coverage takes several times as long."""
    tracer = sys.gettrace()
    sys.settrace(None)
    yield
    sys.settrace(tracer)


@pytest.mark.slow
def test_ten_thousand_mutated_bodies(untraced: None) -> None:
    """No mutated body makes a comparison raise, and 99 of 100 take less than 50 ms of work."""
    chance = random.Random(20260303)  # noqa: S311 - a test's dice, loaded so that they fall the same every time
    times = []
    for _ in range(10_000):
        original = chance.choice(BODIES)
        other = mutated(chance, original)
        began = process_time()
        explain(original, other, (), ZONE)
        times.append(process_time() - began)
    assert sorted(times)[9_900] < 0.05


def flood(name: str, number: int) -> bytes:
    dates = ",".join(
        f"2026{month:02}{day:02}T{hour:02}0000Z" for month in range(1, 13) for day in range(1, 29) for hour in range(24)
    )
    return body(f"{name}:" + ",".join(dates.split(",")[:number]))


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(body("RRULE:FREQ=SECONDLY"), id="every second"),
        pytest.param(body("RRULE:FREQ=SECONDLY;COUNT=999999"), id="a million seconds"),
        pytest.param(body("RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"), id="never, by the second"),
        pytest.param(body("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), id="never"),
        pytest.param(body("RRULE:FREQ=WEEKLY;BYMONTHDAY=31;BYMONTH=2"), id="never, by the week"),
        pytest.param(body("RRULE:FREQ=DAILY;COUNT=999999"), id="a million days"),
        pytest.param(
            body(
                "RRULE:FREQ=DAILY;BYHOUR="
                + ",".join(map(str, range(24)))
                + ";BYMINUTE="
                + ",".join(map(str, range(60)))
            ),
            id="every minute",
        ),
        pytest.param(body("RRULE:FREQ=YEARLY;UNTIL=99991231T235959Z"), id="until the end of time"),
        pytest.param(body(*[f"RRULE:FREQ=DAILY;INTERVAL={n}" for n in range(1, 200)]), id="two hundred rules"),
        pytest.param(flood("RDATE", 1_900), id="many dates"),
        pytest.param(flood("EXDATE", 8_000), id="too many dates"),
        pytest.param(
            calendar(event(WEEKLY), *(instance("20260317", f"SEQUENCE:{n}") for n in range(900))),
            id="one instance 900 times",
        ),
        pytest.param(calendar(*(event() for _ in range(2_000))), id="two thousand events"),
        pytest.param(body("DESCRIPTION:" + "<style>" * 20_000), id="markup that never ends"),
        pytest.param(body("LOCATION:" + "https://" * 20_000), id="links without end"),
        pytest.param(body("DTSTART;" + "X=1;" * 50_000 + ":20260303T100000Z"), id="parameters without end"),
        pytest.param(body("SUMMARY:" + "a\r\n " * 50_000), id="folded after every letter"),
        pytest.param(b"BEGIN:VCALENDAR\r\n" * 20_000, id="nested without end"),
        pytest.param(
            calendar(
                "BEGIN:VTIMEZONE\nTZID:T\n"
                + HISTORY.split("TZID:Town\n")[1].replace("END:VTIMEZONE\n", "") * 50
                + "END:VTIMEZONE\n",
                event(*at("20260303T100000", zone="T")),
            ),
            id="a zone with hundreds of rules",
        ),
        pytest.param(body(*(f"ATTENDEE:mailto:a{n}@example.com" for n in range(9_000))), id="nine thousand guests"),
        pytest.param(b"\x00" * 1000, id="zeros"),
        pytest.param("BEGIN:VCALENDAR".encode("utf-16"), id="another encoding"),
    ],
)
def test_bomb(bomb: bytes) -> None:
    """A body that asks for endless work costs little, whether it can be read or not."""
    began = process_time()
    explain(bomb, bomb.replace(b"T100000", b"T110000"), (), ZONE)
    assert process_time() - began < 2


def test_body_that_is_too_large() -> None:
    """What is larger than the cap is not even looked into."""
    with pytest.raises(UnreadableError, match="larger"):
        read(body("DESCRIPTION:" + "x" * MAX_BYTES), ZONE)
    with pytest.raises(UnreadableError, match="larger than 100 bytes"):
        read(body(), ZONE, max_bytes=100)
