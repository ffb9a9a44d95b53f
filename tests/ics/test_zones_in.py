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
    found = zones()(tzid)
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
    """A VTIMEZONE under a known name is not looked at."""
    lying = NEW_YORK.replace("-0500", "+0900")
    assert zones(lying)("America/New_York") == ZONE


def test_offsets_with_seconds_and_single_onsets() -> None:
    """Onsets may stand alone, be listed as RDATEs, and have offsets with seconds."""
    town = zones(
        "BEGIN:VTIMEZONE\nTZID:Town\nBEGIN:STANDARD\nDTSTART;TZID=Town:18831118T120358\nRDATE:20260101T000000\n"
        "TZOFFSETFROM:-045602\nTZOFFSETTO:-0500\nEND:STANDARD\nEND:VTIMEZONE\n"
    )("Town")
    assert wall("1800-01-01").replace(tzinfo=town).utcoffset() == -timedelta(hours=4, minutes=56, seconds=2)
    assert wall("2026-01-02").replace(tzinfo=town).utcoffset() == -timedelta(hours=5)


def test_no_description() -> None:
    """Without a VTIMEZONE of that name nothing tells; one without a TZID describes nothing."""
    assert zones()("Own") is None
    assert zones("BEGIN:VTIMEZONE\nBEGIN:STANDARD\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n")("Own") is None


def own(*lines: str) -> ZonesIn:
    return zones("\n".join(["BEGIN:VTIMEZONE", "TZID:Own", *lines, "END:VTIMEZONE", ""]))


def observance(*lines: str, kind: str = "STANDARD") -> str:
    return "\n".join([f"BEGIN:{kind}", *lines, f"END:{kind}"])


WINTER = observance(
    "DTSTART:20071104T020000", "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU", "TZOFFSETFROM:-0400", "TZOFFSETTO:-0500"
)
SUMMER = observance(
    "DTSTART:20070311T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU",
    "TZOFFSETFROM:-0500",
    "TZOFFSETTO:-0400",
    kind="DAYLIGHT",
)


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


READABLE = {
    "as the standard has it": (WINTER, SUMMER),
    "no offset before": (changed(WINTER, "TZOFFSETFROM:-0400\n", ""), changed(SUMMER, "TZOFFSETFROM:-0500\n", "")),
    "no offset after": (changed(WINTER, "TZOFFSETTO:-0500\n", ""), SUMMER),
    "an offset after that is no offset": (WINTER, changed(SUMMER, "TZOFFSETTO:-0400", "TZOFFSETTO:late")),
    "an offset beyond a day": (changed(WINTER, "TZOFFSETFROM:-0400", "TZOFFSETFROM:+9900"), SUMMER),
    "the year 0": (changed(WINTER, "20071104", "00001104"), changed(SUMMER, "20070311", "00000311")),
    "the year 1": (changed(WINTER, "20071104", "00011104"), changed(SUMMER, "20070311", "00010311")),
    "the year 1601": (changed(WINTER, "20071104", "16011104"), changed(SUMMER, "20070311", "16010311")),
    "the 29th of February of the year 0": (changed(WINTER, "20071104", "00000229"), SUMMER),
    "offsets with colons": (changed(WINTER, "-0500", "-05:00"), changed(SUMMER, "-0400", "-04:00")),
    "offsets with seconds": (changed(WINTER, "-0500", "-050000"), changed(SUMMER, "-0400", "-04:00:00")),
    "short offsets": (changed(WINTER, "-0500", "-5"), changed(SUMMER, "-0400", "-04")),
    "offsets with a prefix": (changed(WINTER, "-0500", "UTC-05:00"), changed(SUMMER, "-0400", "GMT-4")),
    "rule parts that nobody knows": (changed(WINTER, "BYDAY", "FOO=BAR;X-A=1;BYDAY"), SUMMER),
    "rules in small letters with blanks": (
        changed(WINTER, "FREQ=YEARLY;BYMONTH=11", "freq=yearly; bymonth=11;"),
        SUMMER,
    ),
    "a monthly rule": (changed(WINTER, "FREQ=YEARLY", "FREQ=MONTHLY"), SUMMER),
    "RDATEs that repeat the rule in odd forms": (
        WINTER
        + "\n"
        + observance(
            "DTSTART:20071104T020000",
            "TZOFFSETFROM:-0400",
            "TZOFFSETTO:-0500",
            "RDATE:20261101T020000,20271107T020000",
            "RDATE;VALUE=PERIOD:20281105T020000/PT1H,20291104T060000Z",
            "RDATE:someday,20301103T020000,",
        ),
        SUMMER,
    ),
    "an observance long ago that nobody can read": (
        WINTER,
        SUMMER,
        observance("DTSTART:19420209T020000", "TZOFFSETTO:war", kind="DAYLIGHT").replace("DAYLIGHT", "STANDARD"),
    ),
    "an observance that never sets in": (WINTER, SUMMER, observance()),
    "a rule that ended long ago": (
        WINTER,
        SUMMER,
        observance(
            "DTSTART:19180331T020000",
            "RRULE:FREQ=YEARLY;UNTIL=19190330T070000Z;BYMONTH=3;BYDAY=-1SU",
            "TZOFFSETFROM:-0500",
            "TZOFFSETTO:-0400",
            kind="DAYLIGHT",
        ),
    ),
    "a location of libical's beside what nobody can read": (
        "X-LIC-LOCATION:America/New_York",
        observance("DTSTART:soon", "TZOFFSETTO:-0500"),
    ),
}


@pytest.mark.parametrize("parts", READABLE.values(), ids=READABLE)
@pytest.mark.parametrize("year", [2010, 2026, 2049, 2060, 2300, 4000])
def test_description_that_misses_the_standard(parts: tuple[str, ...], year: int) -> None:
    """What can be read of a VTIMEZONE counts, in every year."""
    found = own(*parts)("Own")
    for month in (1, 7, 12):
        assert (
            datetime(year, month, 2, 12, tzinfo=found).utcoffset()
            == datetime(year, month, 2, 12, tzinfo=ZONE).utcoffset()
        )
        noon = datetime(year, month, 2, 12, tzinfo=UTC)
        assert noon.astimezone(found).replace(tzinfo=None) == noon.astimezone(ZONE).replace(tzinfo=None)


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (observance(),),
        (observance("DTSTART:20000101T000000"),),
        (observance("DTSTART:soon", "TZOFFSETTO:-0500"),),
        (observance("DTSTART:soon", "TZOFFSETTO:-0500", "RRULE:FREQ=YEARLY"),),
        (changed(WINTER, "FREQ=YEARLY", "FREQ=NEVER"), SUMMER),
        (changed(WINTER, "FREQ=YEARLY", "FREQ=SECONDLY"), SUMMER),
        (changed(WINTER, "DTSTART:20071104T020000\n", ""), SUMMER),
        (WINTER, changed(SUMMER, "DTSTART:20070311T020000", "DTSTART:20071399T020000")),
        tuple([WINTER] * 201),
        tuple(changed(WINTER, "BYMONTH=11;", "") for _ in range(50)),
    ],
)
def test_description_that_cannot_be_used(parts: tuple[str, ...]) -> None:
    """A VTIMEZONE of which what matters cannot be read makes the body unreadable: never floating."""
    with pytest.raises(UnreadableError):
        own(*parts)("Own")
    with pytest.raises(UnreadableError):
        zones("\n".join(["BEGIN:VTIMEZONE", "TZID:GMT-05:00", *parts, "END:VTIMEZONE", ""]))("GMT-05:00")


def test_single_offset_without_a_beginning() -> None:
    """A lone observance that does not say since when it holds has always held."""
    found = own(observance("TZOFFSETTO:+1000"))("Own")
    assert datetime(2026, 7, 1, tzinfo=found).utcoffset() == timedelta(hours=10)
    assert datetime(3, 7, 1, tzinfo=found).utcoffset() == timedelta(hours=10)


def test_rule_of_leap_days() -> None:
    """A rule that names a day of leap years only holds on in the years between."""
    found = own(
        observance(
            "DTSTART:20000229T000000",
            "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            "TZOFFSETFROM:+0100",
            "TZOFFSETTO:+0200",
        )
    )("Own")
    assert datetime(2027, 1, 1, tzinfo=found).utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize(
    ("described", "named"),
    [
        (r"(UTC-06:00) Guadalajara\, Mexico City\; Monterrey", "(UTC-06:00) Guadalajara, Mexico City; Monterrey"),
        ("My Clock", "my  clock"),
        (" My Clock ", '"My Clock"'),
        (r"C:\\New", r"C:\\new"),
        ('Say "Own"', "Say ^'Own^'"),
        ("A^B", "A^^B"),
    ],
)
def test_one_name_in_two_spellings(described: str, named: str) -> None:
    """A TZID is compared without escapes, quotes, case and needless blanks."""
    found = zones(f"BEGIN:VTIMEZONE\nTZID:{described}\n{WINTER}\n{SUMMER}\nEND:VTIMEZONE\n")(named)
    assert datetime(2026, 7, 1, tzinfo=found).utcoffset() == timedelta(hours=-4)


@pytest.mark.parametrize("tzid", ["GMT-05:00", "UTC-5", "UTC-05", "GMT-0500", "-05:00", "utc \u22125"])
def test_offset_for_a_name(tzid: str) -> None:
    """A name that looks like an offset is one only where no VTIMEZONE describes it; Etc/GMT+5 is a zone by its name."""
    summer = datetime(2026, 7, 1)  # noqa: DTZ001 - zoned below
    assert summer.replace(tzinfo=zones()(tzid)).utcoffset() == timedelta(hours=-5)
    described = zones(f"BEGIN:VTIMEZONE\nTZID:{tzid}\n{WINTER}\n{SUMMER}\nEND:VTIMEZONE\n")
    assert summer.replace(tzinfo=described(tzid)).utcoffset() == timedelta(hours=-4)
    assert zones()("Etc/GMT+5") == ZoneInfo("Etc/GMT+5")


@pytest.mark.parametrize("turn", [1, -1])
def test_two_descriptions_of_one_name(turn: int) -> None:
    """Of two VTIMEZONEs under one name the same counts in whatever order they stand; one of no use is passed over."""
    texts = [
        f"BEGIN:VTIMEZONE\nTZID:Own\n{part}\nEND:VTIMEZONE\n"
        for part in (observance("TZOFFSETTO:+0300"), observance("TZOFFSETTO:-0700"), observance("TZOFFSETTO:never"))
    ]
    assert datetime(2026, 1, 1, tzinfo=zones(*texts[::turn])("Own")).utcoffset() == timedelta(hours=3)
