"""Bodies that mean harm, or are broken: bounded in every respect, and nothing raised but `UnreadableError`."""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from time import process_time
from zoneinfo import ZoneInfo

import pytest

from syncd.core.events.findings import Kind
from syncd.core.events.recurrence import RecurrenceRule, occurrences
from syncd.ics.errors import UnreadableError
from syncd.ics.explain import explain
from syncd.ics.parse import MAX_BYTES, read
from tests.corpus.bodies import ALARM, ENDLESS, NEW_YORK, WEEKLY, at, body, calendar, event, instance
from tests.corpus.zones import HISTORY
from tests.ics.bombs import BIG, BOMBS

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


def test_what_bombs_cost() -> None:
    """Any body within the size limit costs a second of work and 200 MB at most, with another one and a copy beside it.

    Measured in a process of its own, since memory is a process's; all bombs together, so that none leaves any behind.
    """
    script = [sys.executable, "-m", "tests.ics.measure_bombs"]
    root = Path(__file__).parents[2]
    done = subprocess.run(script, check=True, capture_output=True, cwd=root, timeout=600)
    cost = json.loads(done.stdout)
    assert {name: took for name, took in cost["seconds"].items() if took > 1.0} == {}
    assert cost["kilobytes"] < 200 * 1024


def test_bombs_that_nobody_follows() -> None:
    """What is over its budget is unreadable, never without a verdict."""
    for name in ("daily product", "20 never", "2000 exrules", "tz 50 yearly", "tz secondly", "60000 rdates"):
        verdict = explain(body(), BOMBS[name](), (), ZONE)
        assert verdict.kinds == (Kind.UNREADABLE,), name


@pytest.mark.parametrize(
    ("rule", "first"),
    [
        (f"FREQ=YEARLY;{BIG};BYSETPOS=-1", "2026-12-31T23:59:59"),
        (f"FREQ=MONTHLY;{BIG};BYSETPOS=-1", "2026-03-31T23:59:59"),
        (f"FREQ=DAILY;{BIG};BYSETPOS=60,61", "2026-03-04T00:00:59"),
    ],
)
def test_large_sets_counted_into(rule: str, first: str) -> None:
    """BYSETPOS counts into a period's times without their being written out."""
    start = datetime.fromisoformat("2026-03-03T10:00")
    assert next(occurrences(RecurrenceRule.parse(rule), start)) == datetime.fromisoformat(first)


def test_body_that_is_too_large() -> None:
    """What is larger than the cap is not even looked into."""
    with pytest.raises(UnreadableError, match="larger"):
        read(body("DESCRIPTION:" + "x" * MAX_BYTES), ZONE)
    with pytest.raises(UnreadableError, match="larger than 100 bytes"):
        read(body(), ZONE, max_bytes=100)
