"""What TZIDs mean: by name, else by the VTIMEZONE of the same body."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncd.core.times import exists, instant, is_ambiguous
from syncd.ics.errors import UnreadableError
from syncd.ics.lines import parse
from syncd.ics.zones_in import ZonesIn, named_zone
from tests.corpus.bodies import NEW_YORK

wall = datetime.fromisoformat
ZONE = ZoneInfo("America/New_York")


def zones(*vtimezones: str) -> ZonesIn:
    return ZonesIn(part for text in vtimezones for part in parse(text.replace("\n", "\r\n").encode()))


OWN = zones(NEW_YORK.replace("America/New_York", "Own"))


@pytest.mark.parametrize(
    ("tzid", "key"),
    [
        ("America/New_York", "America/New_York"),
        ("AMERICA/NEW_YORK", "America/New_York"),
        ('"America/New_York"', "America/New_York"),
        ("/citadel.org/20190914_1/America/New_York", "America/New_York"),
        ("/freeassociation.sourceforge.net/Tzfile/America/Indiana/Knox", "America/Indiana/Knox"),
        ("/example.com/UTC", "UTC"),
        ("Eastern Standard Time", "America/New_York"),
        ("eastern standard time", "America/New_York"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(GMT+01.00) Brussels, Copenhagen, Madrid, Paris", "Europe/Paris"),
        ("Z", "UTC"),
        ("GMT", "UTC"),
        ("tzone://Microsoft/Utc", "UTC"),
    ],
)
def test_zone_by_its_name(tzid: str, key: str) -> None:
    """IANA, Windows and vendor-prefixed names are known, whatever their case and quotes."""
    assert named_zone(tzid) == ZoneInfo(key)


@pytest.mark.parametrize(("tzid", "hours"), [("UTC-05:00", -5), ("GMT+0530", 5.5), ("+02", 2)])
def test_zone_that_is_an_offset(tzid: str, hours: float) -> None:
    """A name that is an offset means that offset."""
    found = named_zone(tzid)
    assert found is not None
    assert found.utcoffset(None) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "tzid",
    [
        "",
        "Custom",
        "My Office/America/New_York",
        "(UTC-05:00) Nowhere",
        "../../etc/passwd",
        "/",
        "UTC+25:00",
        "a" * 5000,
    ],
)
def test_name_that_tells_nothing(tzid: str) -> None:
    """Other names tell no zone; a path least of all."""
    assert named_zone(tzid) is None


@settings(max_examples=200)
@given(st.datetimes(wall("2016-01-01"), wall("2045-12-31")), st.sampled_from([0, 1]))
def test_described_zone_agrees_with_the_database(local: datetime, fold: int) -> None:
    """A VTIMEZONE with the rules of a zone tells its offsets: in gaps and repeated hours too, and back from UTC."""
    own = OWN("Own")
    ours, theirs = local.replace(tzinfo=own, fold=fold), local.replace(tzinfo=ZONE, fold=fold)
    assert ours.utcoffset() == theirs.utcoffset()
    back, expected = instant(theirs).astimezone(own), instant(theirs).astimezone(ZONE)
    assert (back.replace(tzinfo=None), back.fold) == (expected.replace(tzinfo=None), expected.fold)


def test_gap_and_repeated_hour_of_a_described_zone() -> None:
    """In a gap no clock shows the time; a repeated hour is ambiguous."""
    own = OWN("Own")
    assert not exists(wall("2026-03-08T02:30").replace(tzinfo=own))
    assert is_ambiguous(wall("2026-11-01T01:30").replace(tzinfo=own))
    assert wall("2026-11-01T01:30").replace(tzinfo=own).tzname() == "Own"
    assert wall("2026-11-01T01:30").replace(tzinfo=own).dst() is None
    assert own is not None
    assert own.utcoffset(None) is None


def test_two_bodies_with_one_name() -> None:
    """What one body calls Own says nothing about what another calls so."""
    other = zones(NEW_YORK.replace("America/New_York", "Own").replace("-0500", "+0100").replace("-0400", "+0200"))
    moment = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert (moment.astimezone(OWN("Own")).hour, moment.astimezone(other("Own")).hour) == (7, 13)


def test_name_before_description() -> None:
    """A VTIMEZONE under a known name is not looked at; of two under one name the first counts."""
    lying = NEW_YORK.replace("-0500", "+0900")
    assert zones(lying)("America/New_York") == ZONE
    first = zones(NEW_YORK.replace("America/New_York", "Own"), lying.replace("America/New_York", "Own"))
    assert datetime(2026, 1, 1, 12, tzinfo=UTC).astimezone(first("Own")).hour == 7


def test_offsets_with_seconds_and_single_onsets() -> None:
    """Onsets may stand alone, be listed as RDATEs, and have offsets with seconds."""
    town = zones(
        "BEGIN:VTIMEZONE\nTZID:Town\nBEGIN:STANDARD\nDTSTART;TZID=Town:18831118T120358\nRDATE:20260101T000000\n"
        "TZOFFSETFROM:-045602\nTZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE\n"
    )("Town")
    assert wall("1800-01-01").replace(tzinfo=town).utcoffset() == -timedelta(hours=4, minutes=56, seconds=2)
    assert wall("2026-01-02").replace(tzinfo=town).utcoffset() == -timedelta(hours=5)


@pytest.mark.parametrize(
    "vtimezone",
    [
        "",
        "BEGIN:VTIMEZONE\nTZID:Own\nEND:VTIMEZONE\n",
        "BEGIN:VTIMEZONE\nTZID:Own\nBEGIN:STANDARD\nDTSTART:20000101T000000\nTZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE\n",
        "BEGIN:VTIMEZONE\nBEGIN:STANDARD\nEND:STANDARD\nEND:VTIMEZONE\n",
    ],
)
def test_description_that_tells_nothing(vtimezone: str) -> None:
    """A VTIMEZONE without a complete observance tells no zone."""
    assert zones(vtimezone)("Own") is None


@pytest.mark.parametrize("wrong", ["TZOFFSETTO:late", "TZOFFSETTO:+9900", "DTSTART:soon", "RRULE:FREQ=NEVER"])
def test_description_that_is_wrong(wrong: str) -> None:
    """A VTIMEZONE that is needed and cannot be read makes the body unreadable."""
    name = wrong.partition(":")[0]
    lines = [
        wrong if line.startswith(name) else line for line in NEW_YORK.replace("America/New_York", "Own").split("\n")
    ]
    with pytest.raises(UnreadableError):
        zones("\n".join(lines))("Own")
